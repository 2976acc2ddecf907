package hub_test

import (
	"testing"

	"cartograph/internal/hub"
)

func TestNotificationsReachWatchersOfTheirKeyAndCoalesce(t *testing.T) {
	var h hub.Hub[string]
	cart, stopCart := h.Watch("crt_1")
	other, stopOther := h.Watch("crt_2")
	defer stopOther()

	h.Notify("crt_1", "crt_3")
	h.Notify("crt_1")
	<-cart
	select {
	case <-cart:
		t.Error("two notifications before a read are two")
	case <-other:
		t.Error("a notification of crt_1 reached crt_2")
	default:
	}

	stopCart()
	h.Notify("crt_1")
	select {
	case <-cart:
		t.Error("a notification came after stop")
	default:
	}
}

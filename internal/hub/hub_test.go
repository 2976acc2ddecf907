package hub_test

import (
	"testing"

	"cartograph/internal/hub"
)

func TestNoticesReachWhoWatchesAndBecomeOne(t *testing.T) {
	var h hub.Hub[string]
	cart, stopCart := h.Watch("crt_1")
	other, stopOther := h.Watch("crt_2")
	defer stopOther()

	h.Notify("crt_1", "crt_3")
	h.Notify("crt_1")
	<-cart
	select {
	case <-cart:
		t.Error("two notices that nobody had read were kept apart")
	case <-other:
		t.Error("a notice about crt_1 reached crt_2")
	default:
	}

	stopCart()
	h.Notify("crt_1")
	select {
	case <-cart:
		t.Error("a notice came after the end")
	default:
	}
}

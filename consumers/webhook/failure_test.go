package webhook_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/polltest"
	rpcv1 "cartograph/internal/rpc/v1"
)

func TestAfterConsecutiveFailuresDeliveriesPause(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	r.replies(status(http.StatusInternalServerError))
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	for range 10 {
		f.send(t, 1)
		f.makeDue(t)
	}
	state := f.state(t)
	if state.GetConsecutiveFailures() != 10 || state.GetPausedUntil() == nil || !strings.Contains(state.GetLastError(), "500") {
		t.Fatalf("after ten failures: %v", state)
	}
	paused := f.paused(t)
	if len(paused) != 1 || paused[0].EndpointID != endpoint || paused[0].OwnerID != partnerID || paused[0].Failures != 10 ||
		!strings.Contains(paused[0].Reason, "500") || paused[0].Gone || !paused[0].PausedUntil.Equal(state.GetPausedUntil().AsTime()) {
		t.Errorf("published %+v, want the pause once", paused)
	}
	f.confirm(t, "chk_b")
	f.send(t, 0)
	f.exec(t, "UPDATE endpoints SET paused_until = now()")
	f.send(t, 1) // one of the two subjects is tried
	pause := time.Until(f.state(t).GetPausedUntil().AsTime())
	if pause < 110*time.Second || pause > 125*time.Second {
		t.Errorf("the second pause lasts %v, want two minutes", pause)
	}
	r.replies(nil)
	f.exec(t, "UPDATE endpoints SET paused_until = now()")
	f.makeDue(t)
	f.send(t, 1)
	if state := f.state(t); state.GetConsecutiveFailures() != 0 || state.GetPausedUntil() != nil || state.GetLastError() != "" {
		t.Errorf("after a success: %v", state)
	}
	f.send(t, 1)
	if n := len(f.paused(t)); n != 1 {
		t.Errorf("%d pauses are published, want the first alone", n)
	}
}

func TestAnEndpointThatIsGoneGetsNothingMore(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	r.replies(status(http.StatusGone))
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	f.send(t, 1)
	f.wantStates(t, "FAILED 1 410")
	f.confirm(t, "chk_b")
	f.send(t, 0)
	if !f.state(t).GetGone() {
		t.Error("the endpoint is not shown as gone")
	}
	if paused := f.paused(t); len(paused) != 1 || !paused[0].Gone || !paused[0].PausedUntil.IsZero() {
		t.Errorf("published %+v, want that it is gone", paused)
	}
	r.replies(nil)
	f.define(t, event.WebhookEndpointChanged{
		EndpointID: endpoint, OwnerID: partnerID, Scopes: []string{"orders:read"}, EventTypes: []string{confirmedType}, Active: true, Version: 2,
	})
	f.send(t, 1)
	f.wantStates(t, "FAILED 1 410", "SUCCEEDED 1 200")
}

func TestAnEndpointThatHangsDelaysNoOther(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, 2*time.Second, true)
	hanging, healthy := startReceiver(t), startReceiver(t)
	free := make(chan struct{})
	t.Cleanup(func() { close(free) })
	hanging.replies(func(event.Envelope, http.ResponseWriter, *http.Request) { <-free })
	f.standard(t, hanging.URL)
	f.subscribe(t, endpoint2, otherID, healthy.URL, []string{"orders:read"}, confirmedType)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.RunSender(ctx) }()
	for _, checkout := range []string{"chk_a", "chk_b", "chk_c", "chk_d", "chk_e", "chk_f", "chk_g", "chk_h"} {
		f.confirm(t, checkout)
	}
	polltest.Eventually(t, "the healthy endpoint has got all", func() bool { return len(healthy.received()) == 8 })
	if n := len(hanging.received()); n > 4 {
		t.Errorf("%d requests to the endpoint that hangs, want 4 at the same time", n)
	}
	polltest.Eventually(t, "the hanging endpoint is given up", func() bool {
		return slices.ContainsFunc(f.states(t), func(s string) bool { return s == "RETRYING 1 0" })
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The database refuses the result after the receiver has got the event.
func TestADeliveryThatIsNotMarkedIsRepeatedUnderItsID(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	sent := f.confirm(t, "chk_a")
	r.replies(func(event.Envelope, http.ResponseWriter, *http.Request) {
		f.exec(t, "ALTER TABLE attempts RENAME TO attempts_away")
	})
	f.send(t, 1)
	f.exec(t, "ALTER TABLE attempts_away RENAME TO attempts")
	f.wantStates(t, "PENDING 1 0")
	f.send(t, 0) // its lease runs
	r.replies(nil)
	f.makeDue(t)
	f.send(t, 1)
	wantReceived(t, r, sent, sent)
	f.wantStates(t, "SUCCEEDED 2 200")
}

func TestADeliveryThatEndedIsReplayedUnderItsID(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	sent := f.confirm(t, "chk_a")
	f.send(t, 1)
	deliveries := f.log(t, partnerID)
	if len(deliveries) != 1 || len(deliveries[0].GetLog()) != 1 || deliveries[0].GetLog()[0].GetResponseStatus() != 200 {
		t.Fatalf("the log is %v", deliveries)
	}
	if of := f.log(t, otherID); len(of) != 0 {
		t.Errorf("another partner reads %v", of)
	}
	_, err := f.server.ReplayWebhookDelivery(t.Context(), &rpcv1.ReplayWebhookDeliveryRequest{DeliveryId: deliveries[0].GetId(), OwnerIds: []string{otherID}})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner replays it: %v", err)
	}
	for range 2 { // the second changes nothing
		res, err := f.server.ReplayWebhookDelivery(t.Context(), &rpcv1.ReplayWebhookDeliveryRequest{DeliveryId: deliveries[0].GetId(), OwnerIds: []string{partnerID}})
		if err != nil || res.GetEndpointId() != endpoint {
			t.Fatalf("replay: %v, %v", res, err)
		}
	}
	f.send(t, 1)
	f.send(t, 0)
	wantReceived(t, r, sent, sent)
	if n := len(f.log(t, partnerID)[0].GetLog()); n != 2 {
		t.Errorf("the log has %d attempts, want 2", n)
	}
}

func TestASampleIsSentOnceAlsoDuringAPause(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	f.exec(t, "UPDATE endpoints SET paused_until = now() + interval '1 hour', pauses = 3, consecutive_failures = 30")
	test := func(endpointID, ownerID string) error {
		_, err := f.server.TestWebhookEndpoint(t.Context(), &rpcv1.TestWebhookEndpointRequest{EndpointId: endpointID, OwnerIds: []string{ownerID}, EventType: confirmedType})
		return err
	}
	if err := test(endpoint, otherID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner tests it: %v", err)
	}
	r.replies(status(http.StatusTeapot))
	if err := test(endpoint, partnerID); err != nil {
		t.Fatal(err)
	}
	f.send(t, 1)
	f.wantStates(t, "FAILED 1 418")
	r.replies(nil)
	if err := test(endpoint, partnerID); err != nil {
		t.Fatal(err)
	}
	f.send(t, 1)
	if state := f.state(t); state.GetPausedUntil() != nil {
		t.Errorf("after a test that succeeded: %v", state)
	}
	for range 8 {
		if err := test(endpoint, partnerID); err != nil {
			t.Fatal(err)
		}
	}
	if err := test(endpoint, partnerID); fault.KindOf(err) != fault.RateLimited {
		t.Errorf("the eleventh test of a minute: %v", err)
	}
}

func TestAnOutageOfTheUserServiceCountsForNobody(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	sent := f.confirm(t, "chk_a")
	f.definitions.set(func() { f.definitions.away = true })
	f.send(t, 1)
	f.wantStates(t, "PENDING 0 0")
	if n := f.state(t).GetConsecutiveFailures(); n != 0 {
		t.Errorf("the endpoint has failed %d times", n)
	}
	f.definitions.set(func() { f.definitions.away = false })
	f.makeDue(t)
	f.send(t, 1)
	wantReceived(t, r, sent)
}

func TestNothingIsDeliveredForAnOwnerWhoLostTheRight(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	f.definitions.set(func() { clear(f.definitions.of) })
	f.send(t, 1)
	f.wantStates(t, "FAILED 1 0")
	f.mustHandle(t, eventtest.Envelope(event.WebhookEndpointDeleted{EndpointID: endpoint}))
	f.wantStates(t)
	wantReceived(t, r)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	f, r, elsewhere := newFixture(t), startReceiver(t), startReceiver(t)
	r.replies(func(_ event.Envelope, w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	f.send(t, 1)
	f.wantStates(t, "RETRYING 1 307")
	wantReceived(t, elsewhere)
}

func TestPrivateAddressesAreNotReached(t *testing.T) {
	t.Parallel()
	f, r := newFixtureOf(t, 5*time.Second, false), startReceiver(t)
	for _, url := range []string{
		"http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
		"http://[::ffff:127.0.0.1]/", "http://224.0.0.1/", "http://[fe80::1]/", r.URL,
	} {
		f.subscribe(t, endpoint, partnerID, url, []string{"orders:read"}, confirmedType)
		f.confirm(t, "chk_a")
		f.send(t, 1)
		d := f.log(t, partnerID)[0]
		if got := d.GetLastError(); got != "the address is not public" && got != "only the ports 80 and 443 are fetched" {
			t.Errorf("%s: %q, want it refused", url, got)
		}
		f.exec(t, "DELETE FROM deliveries")
		f.exec(t, "UPDATE endpoints SET paused_until = NULL, pauses = 0, consecutive_failures = 0")
	}
	wantReceived(t, r)
}

func TestTheOwnerReadsNoAddressesOfThisNetwork(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	r.Close()
	f.confirm(t, "chk_a")
	f.send(t, 1)
	if got := f.log(t, partnerID)[0].GetLastError(); !strings.HasPrefix(got, "the connection failed: dial: ") || strings.Contains(got, "127.0.0.1") {
		t.Errorf("the owner reads %q", got)
	}
}

package gatewaysim

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/internal/polltest"
)

// inbox is a merchant's webhook.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	got    []event
	answer func(n int) int
}

// newInbox answers the n-th webhook, from 1, with the status answer gives.
func newInbox(t *testing.T, answer func(n int) int) *inbox {
	t.Helper()
	in := &inbox{answer: answer}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a webhook: %v", err)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.got = append(in.got, decode[event](t, body))
		w.WriteHeader(in.answer(len(in.got)))
	}))
	t.Cleanup(in.Close)
	return in
}

func always(status int) func(int) int { return func(int) int { return status } }

// events are the webhooks that came, in order.
func (in *inbox) events() []event {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got)
}

// run delivers until the test ends or stop is called.
func (s *shop) run() (stop func()) {
	t := s.t
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.gateway.Run(ctx); err != nil {
			t.Errorf("Run ends with %v, want nil", err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func (s *shop) undelivered() int {
	return s.count(`SELECT count(*) FROM webhook_deliveries WHERE delivered_at IS NULL`)
}

func TestEventsAreDeliveredInOrderWithoutChaos(t *testing.T) {
	t.Parallel()
	in := newInbox(t, always(http.StatusOK))
	to := func(c *Config) { c.WebhookURL = in.URL }
	s := newShop(t, to)
	s.run()
	p := s.authorized("tok_ok")
	polltest.Eventually(t, "the authorisation is reported", func() bool { return s.undelivered() == 0 })
	s.post("/v1/payments/"+p.ID+"/capture", amount(1000))
	polltest.Eventually(t, "the capture is reported", func() bool { return s.undelivered() == 0 })
	s.post("/v1/payments/"+p.ID+"/refunds", amount(1000))
	polltest.Eventually(t, "the refund is reported", func() bool { return s.undelivered() == 0 })

	want := []string{eventAuthorized, eventCaptured, eventRefunded}
	var got []string
	for _, e := range in.events() {
		got = append(got, e.Type)
		if e.Data.Object.ID != p.ID || !strings.HasPrefix(e.ID, "evt_") || e.Created.IsZero() {
			t.Errorf("event = %+v, want one of %s with an id and a time", e, p.ID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
	if last := in.events()[2].Data.Object; last.Status != statusRefunded || last.AmountRefunded != 1000 {
		t.Errorf("the last event shows %s and %d refunded, want the payment as it was then", last.Status, last.AmountRefunded)
	}
}

func TestEachChangeIsAnEvent(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.authorized("tok_decline")
	s.post("/v1/payments/"+s.authorized("tok_ok").ID+"/void", "")
	s.authorized("tok_3ds")
	for _, kind := range []string{eventDeclined, eventAuthorized, eventVoided, eventActionRequired} {
		if n := s.count(`SELECT count(*) FROM webhook_events WHERE type = $1`, kind); n != 1 {
			t.Errorf("there are %d events %s, want 1", n, kind)
		}
	}
}

// TestChaosDeliversEveryEventAtLeastOnce makes many events for a merchant who
// refuses every third webhook.
func TestChaosDeliversEveryEventAtLeastOnce(t *testing.T) {
	t.Parallel()
	in := newInbox(t, func(n int) int {
		if n%3 == 0 {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	chaos := func(c *Config) { c.WebhookURL, c.Chaos = in.URL, ChaosNormal }
	s := newShop(t, chaos)
	s.run()
	for range 20 {
		s.post("/v1/payments/"+s.authorized("tok_ok").ID+"/capture", amount(1000))
	}
	polltest.Eventually(t, "everything is delivered", func() bool { return s.undelivered() == 0 })

	counts, seqs := map[string]int{}, []int64{}
	for _, e := range in.events() {
		counts[e.ID]++
		seqs = append(seqs, int64(s.count(`SELECT seq FROM webhook_events WHERE id = $1`, e.ID)))
	}
	if len(counts) != 40 || len(counts) != s.count(`SELECT count(*) FROM webhook_events`) {
		t.Errorf("received %d events, want all 40", len(counts))
	}
	if len(seqs) <= len(counts) {
		t.Errorf("%d webhooks for %d events, want some to come twice", len(seqs), len(counts))
	}
	if slices.IsSorted(seqs) {
		t.Error("the webhooks came in order, want some to overtake")
	}
}

func TestEarlyWebhookPrecedesTheResponse(t *testing.T) {
	t.Parallel()
	in := newInbox(t, always(http.StatusOK))
	chaos := func(c *Config) { c.WebhookURL, c.Chaos = in.URL, ChaosNormal }
	s := newShop(t, chaos)
	for seq := range uint64(100) { // only the answer's own request delivers here
		s.authorized("tok_ok")
		received := len(in.events())
		if planFor(ChaosNormal, 1, seq+1).early {
			if received != 1 {
				t.Errorf("%d webhooks came before the answer, want 1", received)
			}
			return
		}
		if received != 0 {
			t.Fatalf("event %d came before the answer, want none", seq+1)
		}
	}
	t.Error("none of 100 events is planned before its answer")
}

func TestWebhooksSurviveARestart(t *testing.T) {
	t.Parallel()
	down := newInbox(t, always(http.StatusInternalServerError))
	to := func(c *Config) { c.WebhookURL = down.URL }
	s := newShop(t, to)
	stop := s.run()
	p := s.authorized("tok_ok")
	polltest.Eventually(t, "the merchant refuses", func() bool { return len(down.events()) > 0 })
	stop()

	up := newInbox(t, always(http.StatusOK))
	to = func(c *Config) { c.WebhookURL = up.URL }
	again := openShop(t, s.pool, to)
	again.run()
	polltest.Eventually(t, "the event is delivered after all", func() bool { return s.undelivered() == 0 })
	if got := up.events(); len(got) != 1 || got[0].ID != down.events()[0].ID {
		t.Errorf("after the restart received %+v, want the same event once", got)
	}
	if now := again.get("/v1/payments/" + p.ID).payment(t); now.Status != statusAuthorized {
		t.Errorf("after the restart the payment is %s, want authorized", now.Status)
	}
}

func TestRedirectedWebhookIsNotDelivered(t *testing.T) {
	t.Parallel()
	in := newInbox(t, func(n int) int {
		if n == 1 {
			return http.StatusFound
		}
		return http.StatusOK
	})
	to := func(c *Config) { c.WebhookURL = in.URL }
	s := newShop(t, to)
	s.run()
	s.authorized("tok_ok")
	polltest.Eventually(t, "the event is delivered again", func() bool { return s.undelivered() == 0 })
	if n := len(in.events()); n != 2 {
		t.Errorf("the webhook came %d times, want twice", n)
	}
}

func TestWebhooksWithoutURLStayInTheDatabase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	stop := s.run()
	s.authorized("tok_ok")
	stop()
	if n := s.undelivered(); n != 1 {
		t.Errorf("%d deliveries wait, want 1", n)
	}
}

func TestSeedSelectsTheDeliveryPlan(t *testing.T) {
	t.Parallel()
	var early, late, twice, otherwise int
	for seq := range uint64(1000) {
		p, same, other := planFor(ChaosNormal, 7, seq), planFor(ChaosNormal, 7, seq), planFor(ChaosNormal, 8, seq)
		if !slices.Equal(p.delays, same.delays) || p.early != same.early {
			t.Fatalf("event %d has two fates with one seed: %v and %v", seq, p, same)
		}
		if !slices.Equal(p.delays, other.delays) {
			otherwise++
		}
		switch {
		case p.early:
			early++
		case p.delays[0] > 0:
			late++
		}
		if len(p.delays) == 2 {
			twice++
		}
		if off := planFor(ChaosOff, 7, seq); off.early || !slices.Equal(off.delays, []time.Duration{0}) {
			t.Fatalf("without chaos event %d has the plan %v", seq, off)
		}
	}
	for what, n := range map[string]int{"early": early, "late": late, "twice": twice, "otherwise with another seed": otherwise} {
		if n < 100 || n > 900 {
			t.Errorf("of 1000 events %d are %s, want some", n, what)
		}
	}
}

func TestRetriesBackOff(t *testing.T) {
	t.Parallel()
	want := []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}
	for i, d := range want {
		if got := retryDelay(i + 1); got != d {
			t.Errorf("after %d tries waits %s, want %s", i+1, got, d)
		}
	}
	if got := retryDelay(1000); got != maxRetryDelay {
		t.Errorf("after 1000 tries waits %s, want %s", got, maxRetryDelay)
	}
}

package webhook_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"cartograph/consumers/webhook/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func TestAnEventIsDeliveredOnceAndSigned(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	e := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_a", "usr_ada")})
	e.Actor, e.CorrelationID = "usr_ada", "req-1"
	f.mustHandle(t, e)
	f.mustHandle(t, e)
	f.mustHandle(t, eventtest.Envelope(event.OrderPlaced{OrderFacts: facts("chk_a", "usr_ada")})) // not subscribed
	f.send(t, 1)
	f.send(t, 0)
	wantReceived(t, r, e.ID)
	f.wantStates(t, "SUCCEEDED 1 200")
}

func TestAPartnerGetsNoPersonalDataBeyondItsScopes(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	e := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_a", "usr_ada")})
	e.Actor = "usr_ada"
	f.mustHandle(t, e)
	f.send(t, 1)
	for _, field := range event.PersonalFields() {
		if value, found := r.data[0][field]; found {
			t.Errorf("the partner got %s: %v", field, value)
		}
	}
	if r.data[0]["number"] != "C-1" {
		t.Errorf("the partner got %v, want the number", r.data[0])
	}
	f.definitions.set(func() { f.definitions.of[endpoint].Scopes = []string{"orders:read", "customers:read"} })
	f.confirm(t, "chk_b")
	f.send(t, 1)
	if r.data[1]["email"] != "ada@example.com" {
		t.Errorf("with customers:read the partner got %v, want the address", r.data[1])
	}
}

func TestOnlyEventsOfTheOwnersScopesAreDelivered(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.subscribe(t, endpoint, partnerID, r.URL, []string{"orders:read:own"}, confirmedType)
	f.confirm(t, "chk_others")
	own := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_own", partnerID)})
	f.mustHandle(t, own)
	f.wantStates(t, "PENDING 0 0") // the other one is none of its business
	f.send(t, 1)
	wantReceived(t, r, own.ID)

	f.mustHandle(t, eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_own", partnerID)}))
	f.definitions.set(func() { f.definitions.of[endpoint].Scopes = []string{} }) // taken away meanwhile
	f.send(t, 1)
	wantReceived(t, r, own.ID)
	f.wantStates(t, "SUCCEEDED 1 200", "FAILED 1 0")
	if state := f.state(t); state.GetConsecutiveFailures() != 0 {
		t.Errorf("the endpoint has failed %d times, want 0", state.GetConsecutiveFailures())
	}
}

func TestEventsOfASubjectArriveInTheirOrder(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	first, second, other := f.confirm(t, "chk_a"), f.cancel(t, "chk_a"), f.confirm(t, "chk_b")
	r.replies(func(e event.Envelope, w http.ResponseWriter, _ *http.Request) {
		if e.ID == first {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	f.send(t, 2)
	f.send(t, 0)
	got := r.received()
	slices.Sort(got)
	if want := []string{first, other}; !slices.Equal(got, want) {
		t.Errorf("received %q, want %q: the second of a subject waits for the first", got, want)
	}
	f.wantStates(t, "RETRYING 1 500", "PENDING 0 0", "SUCCEEDED 1 200")
	r.replies(nil)
	f.makeDue(t)
	f.send(t, 1)
	f.send(t, 1)
	if got := r.received(); len(got) != 4 || got[2] != first || got[3] != second {
		t.Errorf("received %q, want %s and then %s at the end", got, first, second)
	}
}

func TestAnEventIsRetriedForADay(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	r.replies(status(http.StatusServiceUnavailable))
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	f.cancel(t, "chk_a")
	f.send(t, 1)
	var due, ends float64
	if err := f.pool.QueryRow(t.Context(), `SELECT extract(epoch FROM due_at - now()), extract(epoch FROM expires_at - now())
		FROM deliveries ORDER BY position LIMIT 1`).Scan(&due, &ends); err != nil || due < 3 || due > 5 || ends < 86_300 || ends > 86_400 {
		t.Errorf("the second attempt is in %.1f s, the last before %.0f s: %v", due, ends, err)
	}
	f.exec(t, "UPDATE deliveries SET due_at = now(), expires_at = now() + interval '1 second' WHERE status = 'RETRYING'")
	f.send(t, 1)
	f.wantStates(t, "FAILED 2 503", "PENDING 0 0")
	r.replies(nil)
	f.send(t, 1) // what failed for good no longer stops the next
	f.wantStates(t, "FAILED 2 503", "SUCCEEDED 1 200")
}

func TestDeliveriesThatAreNeverAttemptedEndAfterADay(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	f.exec(t, "UPDATE deliveries SET expires_at = now()")
	f.send(t, 0)
	if err := f.CleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.wantStates(t, "FAILED 0 0")
	f.exec(t, "UPDATE deliveries SET ended_at = now() - interval '8 days'")
	f.exec(t, "UPDATE events SET created_at = now() - interval '8 days'")
	if err := f.CleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.wantStates(t)
	var events int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&events); err != nil || events != 0 {
		t.Errorf("%d events are kept, %v", events, err)
	}
}

func TestAnEndpointHasABoundedBacklog(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	f.confirm(t, "chk_a")
	eventID := f.confirm(t, "chk_b")
	f.exec(t, "DELETE FROM deliveries WHERE event_id = $1", eventID)
	err := db.New(f.pool).CreateDeliveries(t.Context(), db.CreateDeliveriesParams{
		IDs: []string{"whd_1"}, EndpointIDs: []string{endpoint}, EventID: eventID, EventType: confirmedType, Subject: "chk_b", Seconds: 60, Most: 1, Overflow: "full",
	})
	if err != nil {
		t.Fatal(err)
	}
	f.wantStates(t, "PENDING 0 0", "FAILED 0 0")
}

func TestEventsFromBeforeTheDayAreNotDelivered(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	e := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_a", "usr_ada")})
	e.Time = time.Now().Add(-25 * time.Hour)
	f.mustHandle(t, e)
	f.wantStates(t)
}

func TestErasedCustomersLeaveTheEventsThatAreKept(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.subscribe(t, endpoint, partnerID, r.URL, []string{"orders:read", "customers:read"}, confirmedType, event.Type[event.ReviewPublished]())
	e := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_a", "usr_ada")})
	e.Actor = "usr_ada"
	f.mustHandle(t, e)
	f.mustHandle(t, eventtest.Envelope(event.ReviewPublished{ReviewFacts: event.ReviewFacts{ReviewID: "rev_1", ProductID: "prd_1", AuthorID: "usr_ada"}}))
	f.mustHandle(t, eventtest.Envelope(event.UserErased{UserID: "usr_ada", DisplayName: "Deleted account"}))
	var kept string
	if err := f.pool.QueryRow(t.Context(), "SELECT envelope::text FROM events WHERE envelope::text ~ 'ada@|Lovelace|usr_ada'").Scan(&kept); err == nil {
		t.Errorf("the database keeps %s", kept)
	}
	f.send(t, 2)
	order := slices.IndexFunc(r.data, func(data map[string]any) bool { return data["number"] == "C-1" })
	if order < 0 || r.data[order]["email"] != nil {
		t.Errorf("delivered %v, want the order without the customer", r.data)
	}
}

// An import of the catalogue has as many events as products, which mostly nobody
// subscribes to.
func TestEventsThatNobodySubscribesToTakeNoTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.standard(t, "https://partner.example/hook")
	marked := func() (n int) {
		t.Helper()
		if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM handled_events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := marked()
	confirmed := eventtest.Envelope(event.OrderConfirmed{OrderFacts: facts("chk_a", "usr_ada")})
	placed := eventtest.Envelope(event.OrderPlaced{OrderFacts: facts("chk_a", "usr_ada")})
	for range 2 {
		if err := f.HandleAll(t.Context(), []event.Envelope{placed, confirmed, placed}); err != nil {
			t.Fatal(err)
		}
	}
	if n := marked() - before; n != 1 {
		t.Errorf("%d events were marked as handled, want the confirmed order", n)
	}
	f.wantStates(t, "PENDING 0 0")
	// A subscription and what follows it arrive together.
	subscribed := eventtest.Envelope(event.WebhookEndpointChanged{
		EndpointID: endpoint2, OwnerID: otherID, Scopes: []string{"orders:read"}, EventTypes: []string{placed.Type}, Active: true, Version: 1,
	})
	if err := f.HandleAll(t.Context(), []event.Envelope{subscribed, placed}); err != nil {
		t.Fatal(err)
	}
	f.wantStates(t, "PENDING 0 0", "PENDING 0 0")
}

package user

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func TestThePauseOfAnEndpointIsMailedToWhoHasIt(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, _ := register(t, s, "ada@example.com")
	const client, staffs, own, clients, nobodys = "api_01J0000000000000000000000A", "api_01J0000000000000000000000B", "whe_01J0000000000000000000000A", "whe_01J0000000000000000000000B", "whe_01J0000000000000000000000C"
	execute(t, s, `INSERT INTO api_clients (id, name, secret_hash, scopes, rate_per_minute, created_at, user_id)
		VALUES ($1, 'Reports', sha256('a'), '{}', 60, now(), $2), ($3, 'Staff', sha256('b'), '{}', 60, now(), NULL)`, client, ada.ID, staffs)
	for endpoint, owner := range map[string]string{own: ada.ID, clients: client, nobodys: staffs} {
		execute(t, s, `INSERT INTO webhook_endpoints (id, owner_id, url, event_types, active, secret, created_at)
			VALUES ($1, $2, 'https://key:secret@partner.example/events?token=secret', '{x}', true, 'whsec_', now())`, endpoint, owner)
	}
	at := time.Date(2026, time.April, 2, 9, 30, 0, 0, time.UTC)
	for _, endpoint := range []string{own, clients, nobodys, "whe_01J0000000000000000000000D"} {
		e := eventtest.Envelope(event.WebhookEndpointPaused{EndpointID: endpoint, Failures: 10, Reason: "the server answered 500", PausedUntil: at.Add(time.Minute), At: at})
		if err := s.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.pool.Query(t.Context(), "SELECT data FROM outbox WHERE type = $1 ORDER BY id", event.Type[event.WebhookPauseNoticeDue]())
	if err != nil {
		t.Fatal(err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[event.WebhookPauseNoticeDue])
	if err != nil {
		t.Fatal(err)
	}
	want := event.WebhookPauseNoticeDue{
		UserID: ada.ID, Email: "ada@example.com", DisplayName: "Ada", Locale: "en-US", EndpointID: own, URL: "https://partner.example/events",
		Failures: 10, Reason: "the server answered 500", PausedUntil: at.Add(time.Minute), At: at,
	}
	ofClient := want
	ofClient.EndpointID = clients
	if diff := cmp.Diff([]event.WebhookPauseNoticeDue{want, ofClient}, due); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

package user

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
)

// appointed registers a user and gives them roles.
func appointed(t *testing.T, s *Service, email string, roles ...Role) (*User, *Tokens) {
	t.Helper()
	u, _ := register(t, s, email)
	if _, err := s.SetRoles(admin(t), u.ID, roles); err != nil {
		t.Fatal(err)
	}
	tokens, _, err := s.Login(anonymous(t), Credentials{Email: email, Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	return u, tokens
}

func TestAppointedSellersKeepTheirSessionsAndGetTheScopes(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, tokens := register(t, s, "ada@demo.test")
	got, err := s.SetRoles(admin(t), u.ID, []Role{Seller, Seller})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Role{Customer, Seller}, got.Roles()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	refreshed, _, err := s.Refresh(anonymous(t), tokens.RefreshToken)
	if err != nil {
		t.Fatalf("refresh after the appointment: %v", err)
	}
	if diff := cmp.Diff(scopesOf([]Role{Seller}), refreshed.Scopes); diff != "" {
		t.Errorf("scopes of the refreshed token (-want +got):\n%s", diff)
	}
}

func TestARoleThatIsTakenAwayEndsTheSessions(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, tokens := appointed(t, s, "ada@demo.test", Seller, Support)
	if _, err := s.SetRoles(admin(t), u.ID, []Role{Support}); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Refresh(anonymous(t), tokens.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
	if n := count(t, s, "SELECT count(*) FROM outbox WHERE type LIKE '%sessionRevoked%'"); n != 2 {
		t.Errorf("%d revocations were published, want those of both sessions", n)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	s := newService(t)
	first, _ := appointed(t, s, "ada@demo.test", Admin)
	_, err := s.SetRoles(admin(t), first.ID, []Role{Customer})
	wantCode(t, err, "INVALID_INPUT")
	second, _ := appointed(t, s, "bo@demo.test", Admin)
	// Each removes the other at the same time: one of them stays.
	var failures [2]error
	var removals sync.WaitGroup
	for i, u := range []*User{first, second} {
		removals.Go(func() { _, failures[i] = s.SetRoles(admin(t), u.ID, nil) })
	}
	removals.Wait()
	if n := count(t, s, "SELECT count(*) FROM users WHERE 'ADMIN' = ANY (roles)"); n != 1 {
		t.Errorf("%d administrators are left, want 1", n)
	}
	wantCode(t, errors.Join(failures[:]...), "INVALID_INPUT")
}

func TestRolesOfNobodyAreNotFound(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, userID := range []string{"", "x", "usr_\x00", someID(id.User), someID(id.Guest)} {
		_, err := s.SetRoles(admin(t), userID, []Role{Seller})
		wantCode(t, err, "NOT_FOUND")
	}
}

// trail is the audit log of a subject, the newest action first.
func trail(t *testing.T, s *Service, subjectID string) []*AuditEntry {
	t.Helper()
	page, err := s.AuditLog(t.Context(), &subjectID, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return page.Nodes
}

func TestTheAuditLogHasEveryChangeOnceWithItsActor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	by := admin(t)
	actor := auth.From(by).ID
	u, _ := register(t, s, "ada@demo.test")
	for _, roles := range [][]Role{{Seller}, {Customer, Seller}, {Seller, Support}} { // the second changes nothing
		if _, err := s.SetRoles(by, u.ID, roles); err != nil {
			t.Fatal(err)
		}
	}
	client, _, err := s.CreateAPIClient(by, APIClientInput{Name: "Warehouse", Scopes: []string{"orders:read"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.RotateAPIClient(by, client.ID, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		if _, err := s.RevokeAPIClient(by, client.ID); err != nil {
			t.Fatal(err)
		}
	}
	type change struct{ Action, Before, After any }
	roles := func(names ...any) any { return map[string]any{"roles": names} }
	warehouse := map[string]any{"name": "Warehouse", "scopes": []any{"orders:read"}, "rateLimitPerMinute": 60_000.0}
	for subject, want := range map[string][]change{
		u.ID: {
			{"user.rolesSet", roles("CUSTOMER", "SELLER"), roles("CUSTOMER", "SELLER", "SUPPORT")},
			{"user.rolesSet", roles("CUSTOMER"), roles("CUSTOMER", "SELLER")},
		},
		client.ID: {
			{"apiClient.revoked", warehouse, map[string]any{}},
			{"apiClient.secretRotated", warehouse, warehouse},
			{"apiClient.created", map[string]any{}, warehouse},
		},
	} {
		var got []change
		for _, e := range trail(t, s, subject) {
			if e.ActorID == nil || *e.ActorID != actor {
				t.Errorf("%s of %s is by %v, want %s", e.Action, subject, e.ActorID, actor)
			}
			got = append(got, change{e.Action, e.Before, e.After})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("audit log of %s (-want +got):\n%s", subject, diff)
		}
	}
}

func TestActionsInOtherServicesAreInTheAuditLogOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	by := admin(t)
	variantID := someID("var")
	entry, err := audit.Entry(by, s.Now(), audit.StockAdjusted, variantID, audit.Values{"onHand": 2}, audit.Values{"onHand": 12})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Handle(t.Context(), eventtest.Envelope(entry)); err != nil {
			t.Fatal(err)
		}
	}
	actorID := auth.From(by).ID
	want := []*AuditEntry{{
		ID: entry.EntryID, At: entry.At, ActorID: &actorID, Action: "stock.adjusted", SubjectID: variantID,
		Before: map[string]any{"onHand": 2.0}, After: map[string]any{"onHand": 12.0},
	}}
	if diff := cmp.Diff(want, trail(t, s, variantID), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestTheAuditLogCannotBeChanged(t *testing.T) {
	t.Parallel()
	s := newService(t)
	appointed(t, s, "ada@demo.test", Seller)
	for _, statement := range []string{"UPDATE audit_log SET actor_id = 'usr_x'", "DELETE FROM audit_log", "TRUNCATE audit_log"} {
		if _, err := s.pool.Exec(context.WithoutCancel(t.Context()), statement); err == nil {
			t.Errorf("%s succeeded", statement)
		}
	}
}

func TestAnAdministratorIsCreatedOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	input := Registration{Email: "Root@demo.test", Password: goodPassword, DisplayName: "Root", Locale: "en-US"}
	first, err := s.CreateAdmin(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateAdmin(t.Context(), input)
	if err != nil || again.ID != first.ID {
		t.Errorf("created again: %v, %v, want %s", again, err, first.ID)
	}
	if entries := trail(t, s, first.ID); len(entries) != 1 || entries[0].ActorID != nil || entries[0].Action != "user.adminCreated" {
		t.Errorf("audit log: %+v, want one creation by a command", entries)
	}
	input.Password = "kettles in the snow"
	_, err = s.CreateAdmin(t.Context(), input)
	wantCode(t, err, "CONFLICT")

	shopper, _ := register(t, s, "ada@demo.test")
	promoted, err := s.CreateAdmin(t.Context(), Registration{Email: "ada@demo.test", Password: goodPassword, DisplayName: "Ada", Locale: "en-US"})
	if err != nil || promoted.ID != shopper.ID {
		t.Fatalf("the owner of an account became %v, %v, want %s", promoted, err, shopper.ID)
	}
	if diff := cmp.Diff([]Role{Admin, Customer}, promoted.Roles()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

package review_test

import (
	"math/rand/v2"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/subgraphs/product/producttest"
)

// TestAVerifiedPurchaseIsTheSameInAnyOrderOfEvents delivers what happened to a
// buyer in random orders, and some of it twice.
func TestAVerifiedPurchaseIsTheSameInAnyOrderOfEvents(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	claim := func(guest, user string) event.GuestClaimed { return event.GuestClaimed{GuestID: guest, UserID: user} }
	for i, tt := range []struct {
		claim  string
		buyer  string
		events []event.Payload
		want   bool
	}{
		{"a confirmed order", "usr_1", []event.Payload{confirmed("ord_1", "usr_1", "var_e1", "var_a2")}, true},
		{"another product", "usr_2", []event.Payload{confirmed("ord_2", "usr_2", "var_b1", "var_gone")}, false},
		{"another's order", "usr_3", []event.Payload{confirmed("ord_3", "usr_9", "var_a1")}, false},
		{"a guest's order that was claimed", "usr_4", []event.Payload{confirmed("ord_4", "gst_4", "var_a1"), claim("gst_4", "usr_4")}, true},
		{"a guest's order", "usr_5", []event.Payload{confirmed("ord_5", "gst_5", "var_a1")}, false},
		{"a cancelled order", "usr_6", []event.Payload{confirmed("ord_6", "usr_6", "var_a1"), cancelled("ord_6", "usr_6")}, false},
		{"one of two orders was cancelled", "usr_7", []event.Payload{confirmed("ord_7", "gst_7", "var_a1"), confirmed("ord_8", "usr_7", "var_a1"), cancelled("ord_7", "gst_7"), claim("gst_7", "usr_7")}, true},
	} {
		var deliveries []event.Envelope
		for _, p := range tt.events {
			e := eventtest.Envelope(p)
			deliveries = append(deliveries, e, e)
		}
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		random.Shuffle(len(deliveries), func(a, b int) { deliveries[a], deliveries[b] = deliveries[b], deliveries[a] })
		written := random.IntN(len(deliveries) + 1)
		for n, e := range deliveries {
			if n == written {
				publish(t, s, tt.buyer, "prd_a", 5)
			}
			if err := s.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if written == len(deliveries) {
			publish(t, s, tt.buyer, "prd_a", 5)
		}
		own, err := s.Reviews.Own(as(t, tt.buyer), []string{"prd_a"})
		if err != nil || own["prd_a"].VerifiedPurchase != tt.want {
			t.Errorf("%s (seed %d): verified %v, %v, want %v", tt.claim, seed, own["prd_a"].VerifiedPurchase, err, tt.want)
		}
	}
}

func TestANameIsTheNewestOfItsUser(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := publish(t, s, "usr_ada", "prd_a", 5)
	name := func() string {
		t.Helper()
		seen, err := s.Reviews.Review(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return seen.AuthorName
	}
	if name() != "" {
		t.Errorf("the name is %q before User's events, want none", name())
	}
	renamed := eventtest.Envelope(event.UserProfileChanged{UserID: "usr_ada", DisplayName: "Ada L."})
	registered := eventtest.Envelope(event.UserRegistered{UserID: "usr_ada", DisplayName: "Ada"})
	registered.Sequence, renamed.Sequence = 1, 2
	for _, e := range []event.Envelope{registered, renamed, registered} {
		if err := s.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if name() != "Ada L." {
		t.Errorf("the name is %q, want the newest", name())
	}
	erased := eventtest.Envelope(event.UserErased{UserID: "usr_ada", DisplayName: "Deleted account"})
	erased.Sequence = 3
	for _, e := range []event.Envelope{erased, renamed} {
		if err := s.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if name() != "Deleted account" {
		t.Errorf("the name is %q after the account was deleted", name())
	}
}

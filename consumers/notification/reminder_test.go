package notification_test

import (
	"context"
	"strings"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// carts is a cart service whose carts are abandoned, and have two lamps.
type carts struct{ err error }

func (c carts) ReadReminder(_ context.Context, req *rpcv1.ReadReminderRequest) (*rpcv1.ReadReminderResponse, error) {
	if c.err != nil {
		return nil, c.err
	}
	owner := adaID
	if strings.HasPrefix(req.GetCartId(), "crt_guest") {
		owner = "gst_1"
	}
	return &rpcv1.ReadReminderResponse{OwnerId: owner, Currency: "USD", Lines: []*rpcv1.ReminderLine{
		{VariantId: "var_lamp", Title: "Meridian Desk Lamp", Quantity: 2, UnitMinor: 12_999},
	}}, nil
}

// orders is an order service that has an address for carts of guests.
type orders struct {
	email string
	err   error
}

func (o orders) CartContact(context.Context, *rpcv1.CartContactRequest) (*rpcv1.CartContactResponse, error) {
	return &rpcv1.CartContactResponse{Email: o.email, Name: "Grace", Locale: "en-US"}, o.err
}

func abandoned(cart string) event.CartAbandoned {
	owner := adaID
	if strings.HasPrefix(cart, "crt_guest") {
		owner = "gst_1"
	}
	return event.CartAbandoned{CartID: cart, OwnerID: owner}
}

func TestAnAbandonedCartIsRemindedOfOnce(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, verified(true))
	for range 3 { // left again and again
		f.mustHandle(t, abandoned("crt_1"))
		f.mustSend(t)
	}
	f.wantStates(t, "crt_1", "CART_REMINDER SENT 1")
	if to := f.mail.recipient("crt_1"); to != "now-"+adaID+"@example.com" {
		t.Errorf("the reminder went to %s", to)
	}
	body := f.mail.bodies[0]
	if !strings.Contains(body, "Meridian Desk Lamp") || !strings.Contains(body, "259.98") || !strings.Contains(body, "List-Unsubscribe:") {
		t.Errorf("the reminder is:\n%s", body)
	}
}

// verified are users whose address is verified, or not.
func verified(is bool) users {
	return answers(func(r *rpcv1.RecipientResponse) { r.EmailVerified = is })
}

func TestAReminderGoesToAVerifiedOrGivenAddressOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		users users
		given string // at checkout
		cart  string
		to    string // empty: nobody
	}{
		"a verified account":                         {verified(true), "", "crt_1", "now-" + adaID + "@example.com"},
		"a verified account, not the given address":  {verified(true), "other@example.com", "crt_1", "now-" + adaID + "@example.com"},
		"an unverified account":                      {verified(false), "", "crt_1", ""},
		"an unverified account with a given address": {verified(false), "given@example.com", "crt_1", "given@example.com"},
		"a guest with a given address":               {users{}, "given@example.com", "crt_guest", "given@example.com"},
		"a guest":                                    {users{}, "", "crt_guest", ""},
		"a user who does not want reminders":         {answers(func(r *rpcv1.RecipientResponse) { r.EmailVerified, r.Channels = true, nil }), "given@example.com", "crt_1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixtureFor(t, tt.users, carts{}, orders{email: tt.given})
			f.mustHandle(t, abandoned(tt.cart))
			f.mustSend(t)
			if to := f.mail.recipient(tt.cart); to != tt.to {
				t.Errorf("the reminder went to %q, want %q", to, tt.to)
			}
			state := "CART_REMINDER SENT 1"
			if tt.to == "" {
				state = "CART_REMINDER DROPPED 1"
			}
			f.wantStates(t, tt.cart, state)
		})
	}
}

func TestNobodyIsRemindedOfACartThatIsInUseOrBought(t *testing.T) {
	t.Parallel()
	gone := fault.New(fault.NotFound, "Cart not found.")
	for name, f := range map[string]fixture{
		"the cart is in use again, or bought": newFixtureFor(t, verified(true), carts{err: gone}, orders{}),
		"its order was placed a moment ago":   newFixtureFor(t, verified(true), carts{}, orders{err: gone}),
	} {
		f.mustHandle(t, abandoned("crt_1"))
		f.mustSend(t)
		f.wantStates(t, "crt_1", "CART_REMINDER DROPPED 1")
		if n := len(f.mail.accepted()); n != 0 {
			t.Errorf("%s: %d mails were sent", name, n)
		}
	}
}

func TestAReminderWaitsForTheServicesThatItNeeds(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.Unavailable, "The service does not respond.")
	for _, f := range []fixture{
		newFixtureFor(t, verified(true), carts{err: away}, orders{}),
		newFixtureFor(t, verified(true), carts{}, orders{err: away}),
	} {
		f.mustHandle(t, abandoned("crt_1"))
		f.mustSend(t)
		f.wantStates(t, "crt_1", "CART_REMINDER PENDING 1")
	}
}

func TestAnOldReminderIsNotSent(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, verified(true))
	f.mustHandle(t, abandoned("crt_1"))
	if _, err := f.pool.Exec(t.Context(), "UPDATE mails SET created_at = now() - interval '3 days'"); err != nil {
		t.Fatal(err)
	}
	f.mustSend(t)
	f.wantStates(t, "crt_1", "CART_REMINDER DROPPED 1")
}

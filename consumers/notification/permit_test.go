package notification_test

import (
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

func alertOf(alert string) event.StockAlertDue {
	p := backInStock(alert)
	p.Email, p.UserID = "", adaID
	return p
}

func answers(change func(*rpcv1.RecipientResponse)) users {
	return users{recipient: func(r *rpcv1.RecipientResponse) (*rpcv1.RecipientResponse, error) {
		change(r)
		return r, nil
	}}
}

func usersAway() users {
	away := fault.New(fault.Unavailable, "The user service does not respond.")
	return users{
		recipient: func(*rpcv1.RecipientResponse) (*rpcv1.RecipientResponse, error) { return nil, away },
		linkToken: func() error { return away },
	}
}

func TestMailsThatACustomerNeedsDoNotWaitForTheUserService(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, usersAway())
	f.mustHandle(t, confirmedOf(adaID))
	f.mustHandle(t, signInsFailed())
	declined := failed("ord_2", "pay_1")
	declined.OwnerID = adaID
	f.mustHandle(t, declined)
	f.mustHandle(t, alertOf("alr_1"))
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_CONFIRMED SENT 1")
	f.wantStates(t, "ord_2", "PAYMENT_FAILED SENT 1")
	f.wantStates(t, "usr_ada", "SIGN_INS_FAILED SENT 1")
	f.wantStates(t, "alr_1", "BACK_IN_STOCK PENDING 1")
}

func TestMailsThatACustomerNeedsAreSentWhateverTheyChose(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, answers(func(r *rpcv1.RecipientResponse) {
		r.Channels, r.QuietUntil = nil, timestamppb.New(time.Now().Add(time.Hour))
	}))
	f.mustHandle(t, confirmedOf(adaID))
	f.mustHandle(t, signInsFailed())
	f.mustHandle(t, alertOf("alr_1"))
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_CONFIRMED SENT 1")
	f.wantStates(t, "usr_ada", "SIGN_INS_FAILED SENT 1")
	f.wantStates(t, "alr_1", "BACK_IN_STOCK DROPPED 1")
}

func TestWhatIsNotUrgentWaitsForTheEndOfTheQuietHours(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(8 * time.Hour).Truncate(time.Second)
	var quiet atomic.Bool
	quiet.Store(true)
	f := newFixtureOf(t, answers(func(r *rpcv1.RecipientResponse) {
		if quiet.Load() {
			r.QuietUntil = timestamppb.New(end)
		}
	}))
	f.mustHandle(t, alertOf("alr_1"))
	f.mustSend(t)
	f.wantStates(t, "alr_1", "BACK_IN_STOCK PENDING 0") // waiting is no failed attempt
	var due time.Time
	if err := f.pool.QueryRow(t.Context(), "SELECT due_at FROM mails").Scan(&due); err != nil || !due.Equal(end) {
		t.Errorf("it is due at %v, %v, want %v", due, err, end)
	}
	if n := f.mail.connections.Load(); n != 0 {
		t.Errorf("%d connections to the mail server, with nothing to send", n)
	}
	quiet.Store(false)
	f.makeDue(t)
	f.mustSend(t)
	f.wantStates(t, "alr_1", "BACK_IN_STOCK SENT 1")
}

func TestWhatIsStaleAfterTheQuietHoursIsDropped(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, answers(func(r *rpcv1.RecipientResponse) { r.QuietUntil = timestamppb.New(time.Now().Add(8 * time.Hour)) }))
	f.mustHandle(t, alertOf("alr_1"))
	f.mustExec(t, "UPDATE mails SET created_at = now() - interval '17 hours'")
	f.mustHandle(t, backInStock("alr_2")) // an address without an account has no quiet hours
	f.mustSend(t)
	f.wantStates(t, "alr_1", "BACK_IN_STOCK DROPPED 1")
	f.wantStates(t, "alr_2", "BACK_IN_STOCK SENT 1")
	f.mustHandle(t, backInStock("alr_3"))
	f.mustExec(t, "UPDATE mails SET created_at = now() - interval '25 hours' WHERE subject_id = 'alr_3'")
	f.mustSend(t)
	f.wantStates(t, "alr_3", "BACK_IN_STOCK DROPPED 1")
}

// Each retry that signs in at the mail server for nothing is a reason to block the shop.
func TestNobodySignsInAtTheMailServerWhileTheUserServiceIsAway(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, usersAway())
	f.mustHandle(t, resetDue("lnk_1"))
	f.mustHandle(t, alertOf("alr_1"))
	for range 8 {
		f.mustSend(t)
		f.makeDue(t)
	}
	if n := f.mail.connections.Load(); n != 0 {
		t.Errorf("%d connections to the mail server, want none", n)
	}
	f.mustSend(t)
	var wait float64
	if err := f.pool.QueryRow(t.Context(), "SELECT max(extract(epoch FROM due_at - now())) FROM mails").Scan(&wait); err != nil || wait < 15 || wait > 25 {
		t.Errorf("the next attempt is in %.1f s, %v, want about 20", wait, err)
	}
	f.wantStates(t, "usr_ada", "RESET_PASSWORD PENDING 9")
}

func TestAnUnconfirmedPaymentIsMailedAfterAWhile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	required := func(order string) event.OrderPaymentActionRequired {
		return event.OrderPaymentActionRequired{
			OrderFacts: factsOf(order), PaymentID: "pay_" + order, ActionURL: "https://bank.example/3ds/1", PayBefore: time.Now().Add(10 * time.Minute),
		}
	}
	for _, order := range []string{"ord_waits", "ord_paid", "ord_declined", "ord_late"} {
		f.mustHandle(t, required(order))
	}
	f.mustHandle(t, confirmed("ord_paid"))
	f.mustHandle(t, failed("ord_declined", "pay_ord_declined"))
	f.mustSend(t)
	f.wantStates(t, "ord_waits", "PAYMENT_WAITING PENDING 0")
	f.wantStates(t, "ord_paid", "PAYMENT_WAITING DROPPED 0", "ORDER_CONFIRMED SENT 1")
	f.wantStates(t, "ord_declined", "PAYMENT_WAITING DROPPED 0", "PAYMENT_FAILED SENT 1")
	f.mustExec(t, `UPDATE mails SET content = jsonb_set(content, '{payBefore}', to_jsonb(now() - interval '1 second')) WHERE subject_id = 'ord_late'`)
	f.makeDue(t)
	f.mustSend(t)
	f.wantStates(t, "ord_waits", "PAYMENT_WAITING SENT 1")
	f.wantStates(t, "ord_late", "PAYMENT_WAITING DROPPED 1")
}

func TestARefundIsMailedWithItsAmount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, refund := range []string{"ref_1", "ref_2", "ref_1"} {
		f.mustHandle(t, event.OrderRefunded{OrderFacts: factsOf("ord_1"), RefundID: refund, RefundedMinor: 500})
	}
	f.mustHandle(t, event.OrderCancelled{OrderFacts: factsOf("ord_1"), Reason: "CUSTOMER_REQUEST", RefundMinor: 1999})
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_REFUNDED SENT 1", "ORDER_REFUNDED SENT 1", "ORDER_CANCELLED SENT 1")
	subjects := map[string]int{}
	for _, m := range f.mail.mails {
		subjects[m.Header.Get("Subject")]++
	}
	if subjects["Refund for order C-1: $5.00"] != 2 || subjects["Order C-1 is cancelled"] != 1 {
		t.Errorf("subjects are %v", subjects)
	}
}

func TestTheFirstAccountOfAnAddressIsWelcomed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for id, fresh := range map[string]bool{"usr_ada": true, "usr_again": false} {
		f.mustHandle(t, event.UserRegistered{UserID: id, Email: "ada@example.com", DisplayName: "Ada", Locale: "en-US", NewAddress: fresh})
	}
	f.wantStates(t, "usr_ada", "WELCOME PENDING 0")
	f.wantStates(t, "usr_again")
}

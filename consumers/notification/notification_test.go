package notification_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/notification"
	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

func TestAMailIsSentOncePerOrderKindAndPayment(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	same := eventtest.Envelope(confirmed("ord_a"))
	for range 2 { // the same event, and another one with the same meaning
		if err := f.Handle(t.Context(), same); err != nil {
			t.Fatal(err)
		}
		f.mustHandle(t, confirmed("ord_a"))
	}
	f.mustHandle(t, failed("ord_b", "pay_1"))
	f.mustHandle(t, failed("ord_b", "pay_2"))
	f.mustHandle(t, failed("ord_b", "pay_2"))
	f.mustSend(t)
	f.mustHandle(t, event.OrderExpired{OrderFacts: factsOf("ord_b")})
	f.mustHandle(t, event.OrderCancelled{OrderFacts: factsOf("ord_b"), Reason: "CUSTOMER_REQUEST"})
	for range 2 {
		f.mustSend(t)
	}
	want := []string{
		"<order_cancelled.ord_b@shop.example>", "<order_confirmed.ord_a@shop.example>",
		"<payment_failed.ord_b.pay_1@shop.example>", "<payment_failed.ord_b.pay_2@shop.example>",
	}
	got := f.mail.accepted()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	f.wantStates(t, "ord_b", "PAYMENT_FAILED SENT 1", "PAYMENT_FAILED SENT 1", "ORDER_CANCELLED SENT 1")
}

func TestAMailSentAgainAfterACrashIsTheSame(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, confirmed("ord_a"))
	var content []byte
	if err := f.pool.QueryRow(t.Context(), "SELECT content FROM mails").Scan(&content); err != nil {
		t.Fatal(err)
	}
	f.mustSend(t)
	// The sender dies between sending and recording it.
	if _, err := f.pool.Exec(t.Context(), "UPDATE mails SET status = 'PENDING', sent_at = NULL, content = $1", content); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Send(t.Context()); n != 0 || err != nil {
		t.Errorf("Send = %d, %v during the dead sender's lease, want none", n, err)
	}
	f.makeDue(t)
	f.mustSend(t)
	ids := f.mail.accepted()
	if len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("Message-IDs are %q, want the same twice", ids)
	}
	dates := []string{f.mail.mails[0].Header.Get("Date"), f.mail.mails[1].Header.Get("Date")}
	if dates[0] != dates[1] {
		t.Errorf("dates are %q, want the same twice", dates)
	}
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 2")
}

func TestAMailIsRetriedUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mail.replies(func(string) error {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	})
	f.mustHandle(t, confirmed("ord_a"))
	f.mustSend(t)
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1")
	if n, err := f.Send(t.Context()); n != 0 || err != nil {
		t.Errorf("Send = %d, %v right after a failure, want a backoff first", n, err)
	}
	f.makeDue(t)
	f.mustSend(t)
	f.mail.replies(nil)
	f.makeDue(t)
	f.mustSend(t)
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 3")
	if got := f.mail.accepted(); len(got) != 1 {
		t.Errorf("the server accepted %q, want one mail", got)
	}
}

func TestARejectedMailDoesNotDelayOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mail.replies(func(to string) error {
		if strings.HasPrefix(to, "ord_gone") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		}
		return nil
	})
	f.mustHandle(t, confirmed("ord_gone"))
	f.mustHandle(t, confirmed("ord_a"))
	f.mustSend(t)
	f.wantStates(t, "ord_gone", "ORDER_CONFIRMED FAILED 1")
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 1")
	var reason string
	if err := f.pool.QueryRow(t.Context(), "SELECT last_error FROM mails WHERE status = 'FAILED'").Scan(&reason); err != nil ||
		!strings.Contains(reason, "no such mailbox") {
		t.Errorf("last_error = %q, %v, want the server's reply", reason, err)
	}
}

func TestAMailFailsAfterThreeDays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mail.replies(func(string) error { return &smtp.SMTPError{Code: 451, Message: "try later"} })
	f.mustHandle(t, confirmed("ord_a"))
	if _, err := f.pool.Exec(t.Context(), "UPDATE mails SET created_at = now() - interval '73 hours'"); err != nil {
		t.Fatal(err)
	}
	f.mustSend(t)
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED FAILED 1")
}

func TestPaymentFailedMailsAreDroppedWhenTheOrderEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for order, end := range map[string]event.Payload{
		"ord_a": confirmed("ord_a"), "ord_b": event.OrderExpired{OrderFacts: factsOf("ord_b")},
		"ord_c": event.OrderCancelled{OrderFacts: factsOf("ord_c")},
	} {
		f.mustHandle(t, failed(order, "pay_1"))
		f.mustHandle(t, end)
	}
	f.mustSend(t)
	f.wantStates(t, "ord_a", "PAYMENT_FAILED DROPPED 0", "ORDER_CONFIRMED SENT 1")
	f.wantStates(t, "ord_b", "PAYMENT_FAILED DROPPED 0", "ORDER_CANCELLED SENT 1")
	f.wantStates(t, "ord_c", "PAYMENT_FAILED DROPPED 0", "ORDER_CANCELLED SENT 1")
}

func TestConcurrentSendersSendEachMailOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := newFixtureAt(t, f.pool, f.mail, "smtp://"+f.mail.addr)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var senders errgroup.Group
	for _, w := range []fixture{f, f, other} {
		senders.Go(func() error { return w.RunSender(ctx) })
	}
	const orders = 60
	for range orders {
		f.mustHandle(t, confirmed(id.New(id.Order)))
	}
	polltest.Eventually(t, "every mail is sent", func() bool { return len(f.mail.accepted()) >= orders })
	stop()
	if err := senders.Wait(); err != nil {
		t.Error(err)
	}
	ids := f.mail.accepted()
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); len(ids) != orders || n != orders {
		t.Errorf("%d mails were sent, %d different ones, want %d", len(ids), n, orders)
	}
}

func TestTheSenderAuthenticatesOnlyOverTLS(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	pool := pgtest.New(t, db.Migrations())

	plain := startMailServer(t, nil)
	f := newFixtureAt(t, pool, plain, "smtp://shop:right@"+plain.addr)
	f.mustHandle(t, confirmed("ord_a"))
	f.mustSend(t)
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1") // an operator can fix that

	secured := startMailServer(t, &tls.Config{Certificates: certified.TLS.Certificates})
	for user, want := range map[string]string{"shop:wrong": "ORDER_CONFIRMED PENDING", "shop:right": "ORDER_CONFIRMED SENT"} {
		pool := pgtest.New(t, db.Migrations())
		f := newFixtureAt(t, pool, secured, "smtp://"+user+"@"+secured.addr)
		f.Trust(roots)
		f.mustHandle(t, confirmed("ord_a"))
		f.mustSend(t)
		f.wantStates(t, "ord_a", want+" 1")
	}
	if len(plain.users) != 0 || !slices.Equal(secured.users, []string{"shop"}) {
		t.Errorf("%q authenticated in the clear and %q over TLS, want no user and shop", plain.users, secured.users)
	}
}

func TestAMailWaitsForAServerThatIsDown(t *testing.T) {
	t.Parallel()
	f := newFixtureAt(t, pgtest.New(t, db.Migrations()), nil, "smtp://127.0.0.1:1")
	f.mustHandle(t, confirmed("ord_a"))
	f.mustSend(t)
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1")
}

func TestEventsWithoutADeliverableMailAreInvalid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	badAddress := confirmed("ord_a")
	badAddress.Email = "nobody"
	nameless := confirmed("")
	nameless.Email = "ada@example.com"
	broken := eventtest.Envelope(confirmed("ord_a"))
	broken.Data = []byte(`[]`)
	for name, e := range map[string]event.Envelope{
		"a bad address": eventtest.Envelope(badAddress), "no order": eventtest.Envelope(nameless), "broken data": broken,
	} {
		if err := f.Handle(t.Context(), e); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it invalid", name, err)
		}
	}
	f.mustHandle(t, event.OrderPlaced{OrderFacts: factsOf("ord_a")})
	f.wantStates(t, "ord_a")
	if got := f.Topics(); !slices.Equal(got, []event.Topic{event.Carts, event.Orders, event.Payments, event.Products, event.Users}) {
		t.Errorf("topics = %v, want those of carts, orders, payments, products and users", got)
	}
}

func TestNewWorkerRejectsInvalidConfiguration(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]notification.Config{
		"no mail server": {From: "a@b.example"},
		"no sender":      {SMTPURL: "smtp://localhost:25"},
		"no shop":        {SMTPURL: "smtp://localhost:25", From: "a@b.example", ShopURL: "shop"},
	} {
		if _, err := notification.NewWorker(nil, outbox.New(nil), users{}, carts{}, orders{}, payments{}, cfg, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

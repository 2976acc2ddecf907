package notification_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/notification"
	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
)

// mailServer speaks SMTP and keeps every mail it takes, also twice.
type mailServer struct {
	addr string

	mu     sync.Mutex
	mails  []*mail.Message
	bodies []string
	answer func(recipient string) error // nil: everything is taken
	users  []string                     // who signed in
}

func startMailServer(t *testing.T, secured *tls.Config) *mailServer {
	t.Helper()
	m := &mailServer{}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: m}, nil }))
	s.Domain, s.AllowInsecureAuth, s.TLSConfig = "localhost", true, secured
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = l.Addr().String()
	var g errgroup.Group
	g.Go(func() error { return s.Serve(l) })
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = g.Wait() // that it was closed
	})
	return m
}

// answers makes the server answer recipients from now on.
func (m *mailServer) answers(answer func(recipient string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = answer
}

// taken lists the Message-IDs of all mails taken.
func (m *mailServer) taken() (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mail := range m.mails {
		ids = append(ids, mail.Header.Get("Message-Id"))
	}
	return ids
}

type session struct {
	server    *mailServer
	recipient string
}

func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.recipient = to
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.answer == nil {
		return nil
	}
	return s.server.answer(to)
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		if password != "right" {
			return smtp.ErrAuthFailed
		}
		s.server.users = append(s.server.users, user)
		return nil
	}), nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, read)
	s.server.bodies = append(s.server.bodies, string(raw))
	return nil
}

// office is a worker on a database of its own, and its mail server.
type office struct {
	*notification.Worker
	pool *pgxpool.Pool
	mail *mailServer
}

func newOffice(t *testing.T) office {
	t.Helper()
	server := startMailServer(t, nil)
	return officeAt(t, pgtest.New(t, db.Migrations()), server, "smtp://"+server.addr)
}

func officeAt(t *testing.T, pool *pgxpool.Pool, server *mailServer, url string) office {
	t.Helper()
	w, err := notification.NewWorker(pool, outbox.New(pool), notification.Config{
		SMTPURL: url, From: "Cartograph <orders@shop.example>", ShopURL: "https://shop.example",
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return office{w, pool, server}
}

func facts(order string) event.OrderFacts {
	return event.OrderFacts{
		OrderID: order, CheckoutID: "chk_" + order, Number: "C-1", Email: order + "@example.com", Name: "Ada Lovelace",
		Locale: "en-US", Currency: "USD", TotalMinor: 1999,
	}
}

func confirmed(order string) event.OrderConfirmed {
	return event.OrderConfirmed{OrderFacts: facts(order), SubtotalMinor: 1999, Lines: []event.OrderLine{
		{Title: "Meridian Desk Lamp", Quantity: 1, UnitMinor: 1999, TotalMinor: 1999},
	}}
}

func failed(order, payment string) event.OrderPaymentFailed {
	return event.OrderPaymentFailed{OrderFacts: facts(order), PaymentID: payment, AttemptsLeft: 2, PayBefore: time.Now().Add(time.Hour)}
}

func (o office) mustHandle(t *testing.T, p event.Payload) {
	t.Helper()
	if err := o.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatalf("handle %s: %v", p.Type(), err)
	}
}

func (o office) mustSend(t *testing.T) {
	t.Helper()
	if _, err := o.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// states lists "kind status attempts" of an order's mails.
func (o office) states(t *testing.T, order string) []string {
	t.Helper()
	var states []string
	err := o.pool.QueryRow(t.Context(), `
		SELECT coalesce(array_agg(concat_ws(' ', kind, status, attempts) ORDER BY id), '{}') FROM mails WHERE order_id = $1`, order).Scan(&states)
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func (o office) wantStates(t *testing.T, order string, want ...string) {
	t.Helper()
	if got := o.states(t, order); !slices.Equal(got, want) {
		t.Errorf("mails of %s are %q, want %q", order, got, want)
	}
}

// hurry makes every mail due now.
func (o office) hurry(t *testing.T) {
	t.Helper()
	if _, err := o.pool.Exec(t.Context(), "UPDATE mails SET due_at = now()"); err != nil {
		t.Fatal(err)
	}
}

func TestEachThingIsToldOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	same := eventtest.Envelope(confirmed("ord_a"))
	for range 2 { // the same event, and another that says the same
		if err := o.Handle(t.Context(), same); err != nil {
			t.Fatal(err)
		}
		o.mustHandle(t, confirmed("ord_a"))
	}
	o.mustHandle(t, failed("ord_b", "pay_1"))
	o.mustHandle(t, failed("ord_b", "pay_2"))
	o.mustHandle(t, failed("ord_b", "pay_2"))
	o.mustSend(t)
	o.mustHandle(t, event.OrderExpired{OrderFacts: facts("ord_b")})
	o.mustHandle(t, event.OrderCancelled{OrderFacts: facts("ord_b"), Reason: "CUSTOMER_REQUEST"})
	for range 2 {
		o.mustSend(t)
	}
	want := []string{
		"<order_cancelled.ord_b@shop.example>", "<order_confirmed.ord_a@shop.example>",
		"<payment_failed.ord_b.pay_1@shop.example>", "<payment_failed.ord_b.pay_2@shop.example>",
	}
	got := o.mail.taken()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	o.wantStates(t, "ord_b", "PAYMENT_FAILED SENT 1", "PAYMENT_FAILED SENT 1", "ORDER_CANCELLED SENT 1")
}

func TestMailAfterACrashIsTheSame(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.mustHandle(t, confirmed("ord_a"))
	o.mustSend(t)
	// As if the sender had died between sending and noting it.
	if _, err := o.pool.Exec(t.Context(), "UPDATE mails SET status = 'PENDING', sent_at = NULL"); err != nil {
		t.Fatal(err)
	}
	if n, err := o.Send(t.Context()); n != 0 || err != nil {
		t.Errorf("took %d mails, %v, while the dead sender's lease runs, want none", n, err)
	}
	o.hurry(t)
	o.mustSend(t)
	ids := o.mail.taken()
	if len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("Message-IDs are %q, want the same twice", ids)
	}
	dates := []string{o.mail.mails[0].Header.Get("Date"), o.mail.mails[1].Header.Get("Date")}
	if dates[0] != dates[1] {
		t.Errorf("dates are %q, want the same twice", dates)
	}
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 2")
}

func TestMailIsTriedAgainUntilItIsTaken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.mail.answers(func(string) error {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	})
	o.mustHandle(t, confirmed("ord_a"))
	o.mustSend(t)
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1")
	if n, err := o.Send(t.Context()); n != 0 || err != nil {
		t.Errorf("took %d mails, %v, right after a failure, want a pause first", n, err)
	}
	o.hurry(t)
	o.mustSend(t)
	o.mail.answers(nil)
	o.hurry(t)
	o.mustSend(t)
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 3")
	if got := o.mail.taken(); len(got) != 1 {
		t.Errorf("the server took %q, want one mail", got)
	}
}

func TestRefusedMailDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.mail.answers(func(to string) error {
		if strings.HasPrefix(to, "ord_gone") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		}
		return nil
	})
	o.mustHandle(t, confirmed("ord_gone"))
	o.mustHandle(t, confirmed("ord_a"))
	o.mustSend(t)
	o.wantStates(t, "ord_gone", "ORDER_CONFIRMED FAILED 1")
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 1")
	var reason string
	if err := o.pool.QueryRow(t.Context(), "SELECT last_error FROM mails WHERE status = 'FAILED'").Scan(&reason); err != nil ||
		!strings.Contains(reason, "no such mailbox") {
		t.Errorf("it was given up because %q, %v, want the server's words", reason, err)
	}
}

func TestMailThatIsThreeDaysLateIsGivenUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.mail.answers(func(string) error { return &smtp.SMTPError{Code: 451, Message: "try later"} })
	o.mustHandle(t, confirmed("ord_a"))
	if _, err := o.pool.Exec(t.Context(), "UPDATE mails SET created_at = now() - interval '73 hours'"); err != nil {
		t.Fatal(err)
	}
	o.mustSend(t)
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED FAILED 1")
}

func TestNobodyIsAskedToPayForWhatHasEnded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for order, end := range map[string]event.Payload{
		"ord_a": confirmed("ord_a"), "ord_b": event.OrderExpired{OrderFacts: facts("ord_b")},
		"ord_c": event.OrderCancelled{OrderFacts: facts("ord_c")},
	} {
		o.mustHandle(t, failed(order, "pay_1"))
		o.mustHandle(t, end)
	}
	o.mustSend(t)
	o.wantStates(t, "ord_a", "PAYMENT_FAILED DROPPED 0", "ORDER_CONFIRMED SENT 1")
	o.wantStates(t, "ord_b", "PAYMENT_FAILED DROPPED 0", "ORDER_CANCELLED SENT 1")
	o.wantStates(t, "ord_c", "PAYMENT_FAILED DROPPED 0", "ORDER_CANCELLED SENT 1")
}

func TestManySendersSendEachMailOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := officeAt(t, o.pool, o.mail, "smtp://"+o.mail.addr)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var senders errgroup.Group
	for _, w := range []office{o, o, other} {
		senders.Go(func() error { return w.RunSender(ctx) })
	}
	const orders = 60
	for range orders {
		o.mustHandle(t, confirmed(id.New(id.Order)))
	}
	for len(o.mail.taken()) < orders && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond) // a poll with a deadline
	}
	stop()
	if err := senders.Wait(); err != nil {
		t.Error(err)
	}
	ids := o.mail.taken()
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); len(ids) != orders || n != orders {
		t.Errorf("%d mails were sent, %d different ones, want %d", len(ids), n, orders)
	}
}

func TestSenderSignsInOnlyEncrypted(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	pool := pgtest.New(t, db.Migrations())

	plain := startMailServer(t, nil)
	o := officeAt(t, pool, plain, "smtp://shop:right@"+plain.addr)
	o.mustHandle(t, confirmed("ord_a"))
	o.mustSend(t)
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1") // an operator can mend that

	secured := startMailServer(t, &tls.Config{Certificates: certified.TLS.Certificates})
	for user, want := range map[string]string{"shop:wrong": "ORDER_CONFIRMED PENDING", "shop:right": "ORDER_CONFIRMED SENT"} {
		pool := pgtest.New(t, db.Migrations())
		o := officeAt(t, pool, secured, "smtp://"+user+"@"+secured.addr)
		o.Trust(roots)
		o.mustHandle(t, confirmed("ord_a"))
		o.mustSend(t)
		o.wantStates(t, "ord_a", want+" 1")
	}
	if len(plain.users) != 0 || !slices.Equal(secured.users, []string{"shop"}) {
		t.Errorf("%q signed in unencrypted and %q encrypted, want nobody and shop", plain.users, secured.users)
	}
}

func TestServerThatIsDownIsWaitedFor(t *testing.T) {
	t.Parallel()
	o := officeAt(t, pgtest.New(t, db.Migrations()), nil, "smtp://127.0.0.1:1")
	o.mustHandle(t, confirmed("ord_a"))
	o.mustSend(t)
	o.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1")
}

func TestEventsThatNoMailCanComeOfAreInvalid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	nobody := confirmed("ord_a")
	nobody.Email = "nobody"
	nameless := confirmed("")
	nameless.Email = "ada@example.com"
	broken := eventtest.Envelope(confirmed("ord_a"))
	broken.Data = []byte(`[]`)
	for name, e := range map[string]event.Envelope{
		"a bad address": eventtest.Envelope(nobody), "no order": eventtest.Envelope(nameless), "broken data": broken,
	} {
		if err := o.Handle(t.Context(), e); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it invalid", name, err)
		}
	}
	o.mustHandle(t, event.OrderPlaced{OrderFacts: facts("ord_a")})
	o.wantStates(t, "ord_a")
	if got := o.Topics(); !slices.Equal(got, []event.Topic{event.Orders}) {
		t.Errorf("topics = %v, want the orders'", got)
	}
}

func TestWrongConfigurationIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]notification.Config{
		"no mail server": {From: "a@b.example"},
		"no sender":      {SMTPURL: "smtp://localhost:25"},
		"no shop":        {SMTPURL: "smtp://localhost:25", From: "a@b.example", ShopURL: "shop"},
	} {
		if _, err := notification.NewWorker(nil, outbox.New(nil), cfg, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

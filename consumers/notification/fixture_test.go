package notification_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
)

// users is a user service that gives each link one token; that of "lnk_used" was used.
// The account "usr_gone" does not exist.
type users struct {
	recipient func(*rpcv1.RecipientResponse) (*rpcv1.RecipientResponse, error) // changes the answer; nil leaves it
	targets   map[string]*rpcv1.PushTargetResponse
	linkToken func() error // why there is no token; nil gives one
}

func (u users) Recipient(_ context.Context, req *rpcv1.RecipientRequest) (*rpcv1.RecipientResponse, error) {
	if req.GetUserId() == "usr_gone" {
		return nil, fault.New(fault.NotFound, "User not found.")
	}
	res := &rpcv1.RecipientResponse{Email: "now-" + req.GetUserId() + "@example.com", DisplayName: "Ada Lovelace", Locale: "en-US", Channels: []string{"EMAIL"}}
	if u.recipient != nil {
		return u.recipient(res)
	}
	return res, nil
}

func (u users) PushTarget(_ context.Context, req *rpcv1.PushTargetRequest) (*rpcv1.PushTargetResponse, error) {
	if target := u.targets[req.GetSubscriptionId()]; target != nil {
		return target, nil
	}
	return nil, fault.New(fault.NotFound, "Push subscription not found.")
}

func (u users) LinkToken(_ context.Context, req *rpcv1.LinkTokenRequest) (*rpcv1.LinkTokenResponse, error) {
	if u.linkToken != nil {
		if err := u.linkToken(); err != nil {
			return nil, err
		}
	}
	if req.GetLinkId() == "lnk_used" {
		return nil, fault.New(fault.NotFound, "Link not found.")
	}
	return &rpcv1.LinkTokenResponse{Token: "token-of-" + req.GetLinkId()}, nil
}

// payments are all by the same card.
type payments struct{}

func (payments) ReadMethod(context.Context, *rpcv1.ReadMethodRequest) (*rpcv1.ReadMethodResponse, error) {
	return &rpcv1.ReadMethodResponse{Brand: "visa", Last4: "4242"}, nil
}

// mailServer is an SMTP server that records every accepted mail, duplicates
// included.
type mailServer struct {
	addr        string
	connections atomic.Int32

	mu     sync.Mutex
	mails  []*mail.Message
	bodies []string
	to     []string
	reply  func(recipient string) error // nil accepts everything
	users  []string                     // that authenticated
	after  func()                       // called when a mail is accepted, before the reply
}

func startMailServer(t *testing.T, secured *tls.Config) *mailServer {
	t.Helper()
	m := &mailServer{}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		m.connections.Add(1)
		return &session{server: m}, nil
	}))
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

// replies sets the reply to recipients.
func (m *mailServer) replies(reply func(recipient string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reply = reply
}

// accepted lists the Message-IDs of all accepted mails.
func (m *mailServer) accepted() (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mail := range m.mails {
		ids = append(ids, mail.Header.Get("Message-Id"))
	}
	return ids
}

// recipient is who got the last mail about a subject.
func (m *mailServer) recipient(subject string) (to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, mail := range m.mails {
		if strings.Contains(mail.Header.Get("Message-Id"), "."+subject+"@") {
			to = m.to[i]
		}
	}
	return to
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
	if s.server.reply == nil {
		return nil
	}
	return s.server.reply(to)
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
	s.server.mails = append(s.server.mails, read)
	s.server.bodies = append(s.server.bodies, string(raw))
	s.server.to = append(s.server.to, s.recipient)
	after := s.server.after
	s.server.mu.Unlock()
	if after != nil {
		after()
	}
	return nil
}

// fixture is a worker on its own database, and its mail server.
type fixture struct {
	*notification.Worker
	pool *pgxpool.Pool
	mail *mailServer
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	server := startMailServer(t, nil)
	return newFixtureAt(t, pgtest.New(t, db.Migrations()), server, "smtp://"+server.addr)
}

func newFixtureAt(t *testing.T, pool *pgxpool.Pool, server *mailServer, url string) fixture {
	t.Helper()
	return newFixtureWith(t, pool, server, url, users{})
}

// newFixtureOf is a worker whose user service answers as given.
func newFixtureOf(t *testing.T, u users) fixture {
	t.Helper()
	server := startMailServer(t, nil)
	return newFixtureWith(t, pgtest.New(t, db.Migrations()), server, "smtp://"+server.addr, u)
}

func newFixtureWith(t *testing.T, pool *pgxpool.Pool, server *mailServer, url string, u users) fixture {
	t.Helper()
	return newFixtureAmong(t, pool, server, url, u, carts{}, orders{})
}

// newFixtureFor is a worker whose peers answer as given.
func newFixtureFor(t *testing.T, u users, c carts, o orders) fixture {
	t.Helper()
	server := startMailServer(t, nil)
	return newFixtureAmong(t, pgtest.New(t, db.Migrations()), server, "smtp://"+server.addr, u, c, o)
}

func newFixtureAmong(t *testing.T, pool *pgxpool.Pool, server *mailServer, url string, u users, c carts, o orders) fixture {
	t.Helper()
	w, err := notification.NewWorker(pool, outbox.New(pool), u, c, o, payments{}, notification.Config{
		SMTPURL: url, From: "Cartograph <orders@shop.example>", ShopURL: "https://shop.example", StaffEmail: "staff@shop.example", PaymentReminderAfter: 20 * time.Second, ReviewInvitationAfter: 96 * time.Hour,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return fixture{w, pool, server}
}

// on is another worker with the same database and mail server.
func (f fixture) on(t *testing.T, pool *pgxpool.Pool, log slog.Handler) fixture {
	t.Helper()
	w, err := notification.NewWorker(pool, outbox.New(pool), users{}, carts{}, orders{}, payments{}, notification.Config{
		SMTPURL: "smtp://" + f.mail.addr, From: "Cartograph <orders@shop.example>", ShopURL: "https://shop.example", StaffEmail: "staff@shop.example", PaymentReminderAfter: 20 * time.Second, ReviewInvitationAfter: 96 * time.Hour,
	}, slog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	return fixture{w, pool, f.mail}
}

func factsOf(order string) event.OrderFacts {
	return event.OrderFacts{
		OrderID: order, CheckoutID: "chk_" + order, Number: "C-1", Email: order + "@example.com", Name: "Ada Lovelace",
		Locale: "en-US", Currency: "USD", TotalMinor: 1999,
	}
}

func confirmed(order string) event.OrderConfirmed {
	return event.OrderConfirmed{OrderFacts: factsOf(order), SubtotalMinor: 1999, Lines: []event.OrderLine{
		{Title: "Meridian Desk Lamp", Quantity: 1, UnitMinor: 1999, TotalMinor: 1999},
	}}
}

func failed(order, payment string) event.OrderPaymentFailed {
	return event.OrderPaymentFailed{OrderFacts: factsOf(order), PaymentID: payment, AttemptsLeft: 2, PayBefore: time.Now().Add(time.Hour)}
}

func (f fixture) mustHandle(t *testing.T, p event.Payload) {
	t.Helper()
	if err := f.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatalf("handle %s: %v", p.Type(), err)
	}
}

func (f fixture) mustSend(t *testing.T) {
	t.Helper()
	if _, err := f.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// states lists "kind status attempts" of an order's mails.
func (f fixture) states(t *testing.T, order string) []string {
	t.Helper()
	var states []string
	err := f.pool.QueryRow(t.Context(), `
		SELECT coalesce(array_agg(concat_ws(' ', kind, status, attempts) ORDER BY id), '{}') FROM mails WHERE subject_id = $1`, order).Scan(&states)
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func (f fixture) wantStates(t *testing.T, order string, want ...string) {
	t.Helper()
	if got := f.states(t, order); !slices.Equal(got, want) {
		t.Errorf("mails of %s are %q, want %q", order, got, want)
	}
}

// makeDue makes every mail due now.
func (f fixture) makeDue(t *testing.T) {
	t.Helper()
	if _, err := f.pool.Exec(t.Context(), "UPDATE mails SET due_at = now()"); err != nil {
		t.Fatal(err)
	}
}

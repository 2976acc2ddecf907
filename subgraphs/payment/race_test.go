package payment_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/money"
	"cartograph/internal/pg"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// line is the network to the gateway. It can lose answers and hold requests.
type line struct {
	gateway.Gateway
	loses     func() bool   // the request arrives, its answer does not
	holds     chan struct{} // requests leave when it is closed
	requested chan struct{} // receives when a request is about to leave
}

func (l *line) Authorize(ctx context.Context, r gateway.AuthorizeRequest) (gateway.Payment, error) {
	l.leave()
	p, err := l.Gateway.Authorize(ctx, r)
	return p, l.answer(err)
}

func (l *line) Capture(ctx context.Context, gatewayID string, amount money.Money, key string) (gateway.Payment, error) {
	l.leave()
	p, err := l.Gateway.Capture(ctx, gatewayID, amount, key)
	return p, l.answer(err)
}

func (l *line) Refund(ctx context.Context, gatewayID string, amount money.Money, key string) (gateway.Refund, error) {
	r, err := l.Gateway.Refund(ctx, gatewayID, amount, key)
	return r, l.answer(err)
}

func (l *line) Find(ctx context.Context, reference, gatewayID string) (gateway.Payment, bool, error) {
	p, found, err := l.Gateway.Find(ctx, reference, gatewayID)
	return p, found, l.answer(err)
}

func (l *line) SubmitEvidence(ctx context.Context, disputeID, text, key string) (gateway.Payment, error) {
	p, err := l.Gateway.SubmitEvidence(ctx, disputeID, text, key)
	return p, l.answer(err)
}

func (l *line) leave() {
	if l.holds != nil {
		l.requested <- struct{}{}
		<-l.holds
	}
}

func (l *line) answer(err error) error {
	if err == nil && l.loses != nil && l.loses() {
		return fmt.Errorf("%w: the line went dead", gateway.ErrUnknown)
	}
	return err
}

func TestUnknownOutcomeSurvivesARestartWithTheSameKey(t *testing.T) {
	t.Parallel()
	var lost atomic.Int64
	s := open(t, option{mute: true, gateway: func(g gateway.Gateway) gateway.Gateway {
		return &line{Gateway: g, loses: func() bool { lost.Add(1); return true }}
	}})
	o := s.placed(5000)
	paymentID := id.New(id.Payment)
	s.handle(due(o, paymentID))
	polltest.EventuallyNoProblem(s, func() string {
		if lost.Load() < 2 {
			return fmt.Sprintf("requested %d times, want at least twice", lost.Load())
		}
		return ""
	})
	s.stop()
	if p := s.payment(paymentID); p.Status != payment.Processing {
		t.Fatalf("payment is %s while the outcome is unknown, want PROCESSING", p.Status)
	}

	s.payments = s.service(nil) // the next process
	s.stop = background(t, s.payments.RunWorker)
	s.waitForStatus(paymentID, payment.Authorized)
	if n := s.number(s.bank, `SELECT count(*) FROM payments`); n != 1 {
		t.Errorf("the gateway authorised %d times, want once", n)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM requests`); n != 1 {
		t.Errorf("%d keys were used, want one", n)
	}
}

func TestLeaseOfADeadProcessEnds(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	o := s.placed(5000)
	paymentID := id.New(id.Payment)
	s.handle(due(o, paymentID))
	leased, err := db.New(s.pool).LeasePayments(t.Context(), db.LeasePaymentsParams{Lease: 300 * time.Millisecond, MaxRows: 5})
	if err != nil || len(leased) != 1 {
		t.Fatalf("leased %d payments, want 1 (%v)", len(leased), err)
	}
	again, err := db.New(s.pool).LeasePayments(t.Context(), db.LeasePaymentsParams{Lease: time.Second, MaxRows: 5})
	if err != nil || len(again) != 0 {
		t.Fatalf("leased %d payments that another works on, want none (%v)", len(again), err)
	}
	s.stop = background(t, s.payments.RunWorker)
	s.waitForStatus(paymentID, payment.Authorized)
}

func TestCancelDuringAuthoriseEndsVoided(t *testing.T) {
	t.Parallel()
	l := &line{holds: make(chan struct{}), requested: make(chan struct{}, 10)}
	s := open(t, option{gateway: func(g gateway.Gateway) gateway.Gateway { l.Gateway = g; return l }})
	o := s.placed(5000)
	paymentID := id.New(id.Payment)
	s.handle(due(o, paymentID))
	<-l.requested
	s.handle(event.OrderCancelled{OrderFacts: o})
	close(l.holds)
	s.waitForStatus(paymentID, payment.Voided)
	if got, want := s.published(o.CheckoutID), "created voided"; got != want {
		t.Errorf("published %q, want %q", got, want)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM payments WHERE status = 'voided'`); n != 1 {
		t.Errorf("the gateway has %d voided payments, want 1", n)
	}
	s.checkLedger()
}

func TestCancelBeforeAuthoriseSendsNothing(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	o := s.placed(5000)
	paymentID := id.New(id.Payment)
	s.handle(due(o, paymentID))
	if err := s.payments.Cancel(t.Context(), o.OrderID); err != nil {
		t.Fatal(err)
	}
	s.stop = background(t, s.payments.RunWorker)
	s.waitForStatus(paymentID, payment.Voided)
	if n := s.number(s.bank, `SELECT count(*) FROM requests`); n != 0 {
		t.Errorf("the gateway was called %d times, want never", n)
	}
	if err := s.payments.Cancel(t.Context(), "ord_unheard_of"); err != nil {
		t.Errorf("cancel an order that is not known: %v", err)
	}
}

func TestCancelDuringCaptureRefunds(t *testing.T) {
	t.Parallel()
	l := &line{holds: make(chan struct{}), requested: make(chan struct{}, 10)}
	s := open(t, option{gateway: func(g gateway.Gateway) gateway.Gateway { l.Gateway = g; return l }})
	o := s.placed(5000)
	go func() { <-l.requested; l.holds <- struct{}{} }()
	p := s.authorise(o, "tok_ok")
	s.handle(event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: p.ID})
	<-l.requested
	s.handle(event.OrderCancelled{OrderFacts: o})
	close(l.holds)
	s.waitForStatus(p.ID, payment.Refunded)
	s.checkLedger()
}

func TestConcurrentRefundsNeverExceedTheCapture(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	p := s.captured(10000)
	codes := make([]string, 2)
	var requests sync.WaitGroup
	for i := range codes {
		requests.Go(func() {
			_, _, err := s.payments.Refund(s.as(kim), payment.RefundRequest{
				OrderID: p.OrderID, Amount: &money.Money{Minor: 6000, Currency: "USD"},
				Reason: payment.CustomerRequest, IdempotencyKey: fmt.Sprintf("refund-%d", i),
			})
			if codes[i] = fault.CodeOf(err); err != nil && codes[i] == "" {
				t.Errorf("refund: %v", err)
			}
		})
	}
	requests.Wait()
	if got := strings.TrimSpace(codes[0] + codes[1]); got != "AMOUNT_EXCEEDS_CAPTURED" {
		t.Errorf("refused with %q, want one of two with AMOUNT_EXCEEDS_CAPTURED", codes)
	}
	got := s.waitForStatus(p.ID, payment.PartiallyRefunded)
	if got.Refunded.Minor != 6000 || got.RefundPending.Minor != 0 {
		t.Errorf("refunded %s and pending %s, want 60.00 and nothing", got.Refunded, got.RefundPending)
	}
	s.checkLedger()
}

func TestRefundWithLostAnswersIsMadeOnce(t *testing.T) {
	t.Parallel()
	var lost atomic.Int64
	s := open(t, option{gateway: func(g gateway.Gateway) gateway.Gateway {
		return &line{Gateway: g, loses: func() bool { return lost.Add(1)%2 == 1 }}
	}})
	p := s.captured(10000)
	for i := range 3 {
		refund, replayed, err := s.payments.Refund(s.as(kim), payment.RefundRequest{
			OrderID: p.OrderID, PaymentID: &p.ID, Amount: &money.Money{Minor: 2500, Currency: "USD"},
			Reason: payment.GoodsReturned, IdempotencyKey: fmt.Sprintf("refund-%d", i),
		})
		if err != nil || replayed || refund.Status != payment.RefundSucceeded {
			t.Fatalf("refund %d is %+v (replayed %v, %v), want SUCCEEDED", i, refund, replayed, err)
		}
	}
	rest := payment.RefundRequest{OrderID: p.OrderID, Reason: payment.OtherReason, IdempotencyKey: "rest"}
	first, _, err := s.payments.Refund(s.as(kim), rest)
	if err != nil || first.Amount.Minor != 2500 {
		t.Fatalf("the rest is %+v (%v), want 25.00", first, err)
	}
	second, replayed, err := s.payments.Refund(s.as(kim), rest)
	if err != nil || !replayed || second.ID != first.ID {
		t.Errorf("the same key gives %+v (replayed %v, %v), want %s again", second, replayed, err, first.ID)
	}
	s.waitForStatus(p.ID, payment.Refunded)
	if n := s.number(s.bank, `SELECT count(*) FROM refunds`); n != 4 {
		t.Errorf("the gateway made %d refunds, want 4", n)
	}
	s.checkLedger()
}

func TestConcurrentRequestsWithOneKeyMakeOnePayment(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	ids, fresh := map[string]int{}, 0
	var mu sync.Mutex
	var requests sync.WaitGroup
	for range 50 {
		requests.Go(func() {
			p, replayed, err := s.payments.Create(s.as(ada), payment.CreateRequest{OrderID: o.OrderID, Token: "tok_ok", IdempotencyKey: "pay"})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("create: %v", err)
			}
			ids[p.ID]++
			if !replayed {
				fresh++
			}
		})
	}
	requests.Wait()
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("50 calls made %d payments, %d of them new, want 1 and 1", len(ids), fresh)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM payments`); n != 1 {
		t.Errorf("the gateway has %d payments, want 1", n)
	}
}

func TestConcurrentRequestsWithDifferentKeysPayOnce(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	var made atomic.Int64
	var requests sync.WaitGroup
	for i := range 12 {
		requests.Go(func() {
			_, _, err := s.payments.Create(s.as(ada), payment.CreateRequest{OrderID: o.OrderID, Token: "tok_ok", IdempotencyKey: fmt.Sprint(i)})
			switch code := fault.CodeOf(err); {
			case err == nil:
				made.Add(1)
			case code != "OPERATION_IN_PROGRESS":
				t.Errorf("create: %v", err)
			}
		})
	}
	requests.Wait()
	if made.Load() != 1 {
		t.Errorf("%d payments were made for one order, want 1", made.Load())
	}
	err := pg.InTx(t.Context(), s.pool, func(tx pgx.Tx) error {
		return db.New(tx).InsertPayment(t.Context(), db.InsertPaymentParams{
			ID: id.New(id.Payment), OrderID: o.OrderID, Status: "CREATED", PendingOperation: "AUTHORIZE", AmountMinor: 5000, Currency: "USD", Token: "tok_ok",
		})
	})
	if !pg.IsUnique(err, "payments_one_live") {
		t.Errorf("the database lets a second payment in: %v", err)
	}
}

// cutOff is a line that nothing gets through.
func cutOff(g gateway.Gateway) gateway.Gateway { return &dead{g} }

type dead struct{ gateway.Gateway }

func (*dead) Authorize(context.Context, gateway.AuthorizeRequest) (gateway.Payment, error) {
	return gateway.Payment{}, fmt.Errorf("%w: no route", gateway.ErrUnknown)
}

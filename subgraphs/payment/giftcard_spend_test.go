package payment_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/money"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/gateway"
)

// part is what a card pays of an order.
func part(card *payment.GiftCard, minor int64) event.GiftCardPart {
	return event.GiftCardPart{CardID: card.ID, LastCharacters: card.LastCharacters, AmountMinor: minor}
}

func (s *shop) wantBalance(card *payment.GiftCard, want int64, when string) {
	s.Helper()
	if got := s.balance(card.ID); got != want {
		s.Errorf("%s the card has %d, want %d", when, got, want)
	}
}

func (s *shop) refund(p payment.Payment, minor int64, key string) *payment.Refund {
	s.Helper()
	amount := money.Money{Minor: minor, Currency: "USD"}
	refund, _, err := s.payments.Refund(s.as(kim), payment.RefundRequest{OrderID: p.OrderID, Amount: &amount, Reason: payment.OtherReason, IdempotencyKey: key})
	if err != nil {
		s.Fatalf("refund %d: %v", minor, err)
	}
	return refund
}

func TestGiftCardsPayTheirPartAndGetTheirPartOfRefunds(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	first, _ := s.issue(2000)
	second, _ := s.issue(3000)
	p := s.authorise(s.placed(5000, part(first, 2000), part(second, 500)), "tok_ok")
	if p.Status != payment.Authorized || p.Authorized.Minor != 5000 {
		t.Fatalf("payment is %s with %s authorised, want AUTHORIZED with the whole amount", p.Status, p.Authorized)
	}
	s.wantBalance(first, 0, "after the authorisation")
	s.wantBalance(second, 2500, "after the authorisation")
	if n := s.number(s.bank, `SELECT sum(authorized_minor) FROM payments`); n != 2500 {
		t.Errorf("the gateway authorised %d, want the rest, 2500", n)
	}
	s.checkLedger()
	if p = s.capture(p); p.Status != payment.Captured || p.Captured.Minor != 5000 {
		t.Fatalf("payment is %s with %s captured", p.Status, p.Captured)
	}
	if got := s.balances(); got["sales"] != -5000 || got["gateway_clearing"] != 2500 || got["gift_card_liability"] != -2500 || got["gift_card_reserved"] != 0 {
		t.Errorf("the ledger has %v", got)
	}
	s.checkLedger()
	s.refund(p, 101, "r1") // 50.5 for the cards: 50, from the last card
	s.wantBalance(second, 2550, "after a refund of 101")
	s.refund(p, 1, "r2")
	s.wantBalance(second, 2551, "after a refund of 1 more")
	s.refund(p, 4898, "r3")
	s.wantBalance(first, 2000, "after all is refunded")
	s.wantBalance(second, 3000, "after all is refunded")
	if p = s.payment(p.ID); p.Status != payment.Refunded {
		t.Errorf("payment is %s, want REFUNDED", p.Status)
	}
	s.checkLedger()
	want := fmt.Sprintf(`{"data":{"payment":{"method":{"type":"CARD"},"giftCards":[{"lastCharacters":%q,"amount":{"amount":"20.00"},"refunded":{"amount":"20.00"}},{"lastCharacters":%q,"amount":{"amount":"5.00"},"refunded":{"amount":"5.00"}}]}}}`, first.LastCharacters, second.LastCharacters)
	s.expect(ada, `query($id: ID!) { payment(id: $id) { method { type } giftCards { lastCharacters amount { amount } refunded { amount } } } }`, map[string]any{"id": p.ID}, want)
}

// away is a gateway that fails every call.
type away struct{ gateway.Gateway }

func (away) Authorize(context.Context, gateway.AuthorizeRequest) (gateway.Payment, error) {
	return gateway.Payment{}, errors.New("called")
}

func (away) Capture(context.Context, string, money.Money, string) (gateway.Payment, error) {
	return gateway.Payment{}, errors.New("called")
}

func (away) Void(context.Context, string, string) (gateway.Payment, error) {
	return gateway.Payment{}, errors.New("called")
}

func (away) Find(context.Context, string, string) (gateway.Payment, bool, error) {
	return gateway.Payment{}, false, errors.New("called")
}

func (away) Refund(context.Context, string, money.Money, string) (gateway.Refund, error) {
	return gateway.Refund{}, errors.New("called")
}

func TestACoveredPaymentNeverReachesTheGateway(t *testing.T) {
	t.Parallel()
	s := open(t, option{gateway: func(gw gateway.Gateway) gateway.Gateway { return away{gw} }})
	card, _ := s.issue(10000)
	p := s.capture(s.authorise(s.placed(5000, part(card, 5000)), "gift_card"))
	if p.Status != payment.Captured || p.Captured.Minor != 5000 {
		t.Fatalf("payment is %s with %s captured", p.Status, p.Captured)
	}
	s.expect(ada, `query($id: ID!) { payment(id: $id) { method { type brand } giftCards { amount { amount } } transactions { kind status } } }`, map[string]any{"id": p.ID},
		`{"data":{"payment":{"method":{"type":"GIFT_CARD","brand":null},"giftCards":[{"amount":{"amount":"50.00"}}],"transactions":[{"kind":"AUTHORIZATION","status":"SUCCEEDED"},{"kind":"CAPTURE","status":"SUCCEEDED"}]}}}`)
	if refund := s.refund(p, 1234, "r"); refund.Status != payment.RefundSucceeded {
		t.Errorf("the refund is %s, want SUCCEEDED", refund.Status)
	}
	s.wantBalance(card, 6234, "after a refund")
	o := s.placed(6000, part(card, 6000))
	voided := s.authorise(o, "gift_card")
	s.wantBalance(card, 234, "after a second payment")
	s.handle(event.OrderCancelled{OrderFacts: o})
	s.waitForStatus(voided.ID, payment.Voided)
	s.wantBalance(card, 6234, "after the order was cancelled")
	s.checkLedger()
}

func TestWhatAPaymentTookGoesBackToTheCard(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	card, _ := s.issue(3000)
	declined := s.authorise(s.placed(5000, part(card, 3000)), "tok_decline")
	if declined.Status != payment.Declined {
		t.Fatalf("payment is %s, want DECLINED", declined.Status)
	}
	s.wantBalance(card, 3000, "after a decline")
	s.checkLedger()

	o := s.placed(5000, part(card, 3000))
	challenged := s.authorise(o, "tok_3ds")
	s.wantBalance(card, 0, "while 3-D Secure is awaited")
	s.checkLedger()
	s.handle(event.OrderExpired{OrderFacts: o})
	s.waitForStatus(challenged.ID, payment.Voided)
	s.wantBalance(card, 3000, "after the order expired")

	failed := s.authorise(s.placed(5000, part(card, 3000)), "tok_capture_fails")
	s.capture(failed)
	s.waitForStatus(failed.ID, payment.Failed)
	s.wantBalance(card, 3000, "after a refused capture")
	if n := s.number(s.pool, `SELECT count(*) FROM gift_card_movements WHERE kind = 'RETURNED'`); n != 3 {
		t.Errorf("%d movements return, want 3", n)
	}
	s.checkLedger()
}

func TestACardThatCannotPayDeclinesThePayment(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	for name, spoil := range map[string]string{
		"disabled": `UPDATE gift_cards SET disabled_at = now() WHERE id = $1`,
		"expired":  `UPDATE gift_cards SET expires_at = now() WHERE id = $1`,
		"":         `SELECT $1::text`, // its balance is less than its part
	} {
		card, _ := s.issue(1000)
		good, _ := s.issue(1000)
		s.exec(s.pool, spoil, card.ID)
		minor := int64(1000)
		if name == "" {
			minor = 1001
		}
		o := s.placed(5000, part(good, 1000), part(card, minor))
		p := s.authorise(o, "tok_ok")
		if p.Status != payment.Declined || p.Failure.Code != "gift_card_unusable" || !p.Failure.Retryable {
			t.Errorf("%q: payment is %s (%v), want DECLINED", name, p.Status, p.Failure)
		}
		s.wantBalance(good, 1000, name)
		s.wantBalance(card, 1000, name)
		if got := s.published(o.CheckoutID); got != "created declined" {
			t.Errorf("%q: published %s", name, got)
		}
	}
	if n := s.number(s.bank, `SELECT count(*) FROM payments`); n != 0 {
		t.Errorf("the gateway has %d payments, want none", n)
	}
	s.checkLedger()
}

func TestAnotherAttemptUsesTheCardsOfTheOrderUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	card, _ := s.issue(1000)
	pay := func(use bool) (event.OrderFacts, string) {
		o := s.placed(5000, part(card, 1000))
		return o, s.query(ada, `mutation($order: ID!, $use: Boolean, $key: ID!) { paymentCreate(input: {orderId: $order, instrument: {token: "tok_ok"}, useGiftCards: $use, idempotencyKey: $key}) {
			payment { status amount { amount } giftCards { amount { amount } } failure { code } } userErrors { code message } } }`,
			map[string]any{"order": o.OrderID, "use": use, "key": o.OrderID})
	}
	const answer = `{"data":{"paymentCreate":{"payment":{"status":%q,"amount":{"amount":"50.00"},"giftCards":[%s],"failure":%s},"userErrors":[%s]}}}`
	if _, got := pay(true); got != fmt.Sprintf(answer, "AUTHORIZED", `{"amount":{"amount":"10.00"}}`, "null", "") {
		t.Errorf("with the card: %s", got)
	}
	s.wantBalance(card, 0, "after the payment")
	if _, got := pay(true); got != fmt.Sprintf(answer, "DECLINED", "", `{"code":"gift_card_unusable"}`, `{"code":"PAYMENT_DECLINED","message":"A gift card can no longer pay its part of this order."}`) {
		t.Errorf("with an empty card: %s", got)
	}
	o, got := pay(false)
	if got != fmt.Sprintf(answer, "AUTHORIZED", "", "null", "") {
		t.Errorf("without the card: %s", got)
	}
	if n := s.number(s.bank, `SELECT sum(authorized_minor) FROM payments WHERE order_id = '`+o.OrderID+`'`); n != 5000 {
		t.Errorf("the gateway authorised %d, want all", n)
	}
	s.checkLedger()
}

// TestRacingPurchasesNeverSpendMoreThanTheCardHas pays 50 orders at once with a card
// that has enough for ten, together with another that all of them share.
func TestRacingPurchasesNeverSpendMoreThanTheCardHas(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	card, _ := s.issue(1050)
	other, _ := s.issue(100_000)
	var authorized, declined atomic.Int32
	var running sync.WaitGroup
	for i := range 50 {
		parts := []event.GiftCardPart{part(card, 100), part(other, 100)}
		if i%2 == 0 {
			parts[0], parts[1] = parts[1], parts[0]
		}
		o := s.placed(200, parts...)
		running.Go(func() {
			switch p := s.authorise(o, "gift_card"); p.Status {
			case payment.Authorized:
				authorized.Add(1)
			case payment.Declined:
				declined.Add(1)
			default:
				t.Errorf("payment is %s", p.Status)
			}
		})
	}
	running.Wait()
	if authorized.Load() != 10 || declined.Load() != 40 {
		t.Errorf("%d authorised and %d declined, want 10 and 40", authorized.Load(), declined.Load())
	}
	s.wantBalance(card, 50, "after the race")
	s.wantBalance(other, 99_000, "after the race")
	s.checkLedger()
}

// forgetful loses the answer to the first request of each key, after the gateway has
// carried it out: the process died in between.
type forgetful struct {
	gateway.Gateway
	seen *sync.Map
}

func lose[T any](f forgetful, key string, answer T, err error) (T, error) {
	if _, again := f.seen.LoadOrStore(key, true); !again && err == nil {
		return answer, fmt.Errorf("%w: lost", gateway.ErrUnknown)
	}
	return answer, err
}

func (f forgetful) Authorize(ctx context.Context, r gateway.AuthorizeRequest) (gateway.Payment, error) {
	p, err := f.Gateway.Authorize(ctx, r)
	return lose(f, r.Key, p, err)
}

func (f forgetful) Capture(ctx context.Context, gatewayID string, amount money.Money, key string) (gateway.Payment, error) {
	p, err := f.Gateway.Capture(ctx, gatewayID, amount, key)
	return lose(f, key, p, err)
}

func (f forgetful) Void(ctx context.Context, gatewayID, key string) (gateway.Payment, error) {
	p, err := f.Gateway.Void(ctx, gatewayID, key)
	return lose(f, key, p, err)
}

func (f forgetful) Refund(ctx context.Context, gatewayID string, amount money.Money, key string) (gateway.Refund, error) {
	r, err := f.Gateway.Refund(ctx, gatewayID, amount, key)
	return lose(f, key, r, err)
}

// TestACrashBetweenTheStepsLosesNoGiftCard stores each step by a process that ends
// before it is carried out, and loses every first answer of the gateway.
func TestACrashBetweenTheStepsLosesNoGiftCard(t *testing.T) {
	t.Parallel()
	s := open(t, option{mute: true, idle: true})
	card, _ := s.issue(10_000)
	seen := &sync.Map{}
	carryOut := func(done func() bool) { // by a process that is started for it
		t.Helper()
		stop := background(t, s.service(func(gw gateway.Gateway) gateway.Gateway { return forgetful{gw, seen} }).RunWorker)
		defer stop()
		polltest.Eventually(t, "the step to be carried out", done)
	}
	is := func(paymentID string, status payment.Status) func() bool {
		return func() bool {
			p := s.payment(paymentID)
			return p.Status == status && p.PendingOperation == payment.OpNone
		}
	}
	for i, gift := range []int64{1500, 5000} { // a part, and all
		o := order(5000)
		paymentID := id.New(id.Payment)
		pay := due(o, paymentID)
		pay.GiftCards = []event.GiftCardPart{part(card, gift)}
		before := s.balance(card.ID)
		s.handle(pay, pay)
		s.wantBalance(card, before-gift, "after the payment is stored")
		s.checkLedger()
		carryOut(is(paymentID, payment.Authorized))
		capture := event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: paymentID}
		s.handle(capture, capture)
		carryOut(is(paymentID, payment.Captured))
		s.handle(event.OrderCancelled{OrderFacts: o}, event.OrderCancelled{OrderFacts: o})
		s.wantBalance(card, before-gift, "while the refund is under way")
		carryOut(is(paymentID, payment.Refunded))
		s.wantBalance(card, before, "after the refund")

		o, paymentID = s.placed(5000, part(card, gift)), id.New(id.Payment)
		s.handle(due(o, paymentID))
		if i == 0 {
			carryOut(is(paymentID, payment.Authorized))
		}
		s.handle(event.OrderExpired{OrderFacts: o})
		carryOut(is(paymentID, payment.Voided))
		s.wantBalance(card, before, "after the order expired")
	}
	s.checkLedger()
}

// TestAnyHistoryKeepsBalancesAndLedger issues, pays, declines, captures, cancels and
// refunds at random: what cards have, what payments hold of them and what they paid for
// goods is always what was issued.
func TestAnyHistoryKeepsBalancesAndLedger(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	upTo := func(n int64) int64 { return 1 + random.Int64N(n) }
	var cards []*payment.GiftCard
	var captured []payment.Payment
	for step := range 60 {
		switch random.IntN(8) {
		case 0:
			card, _ := s.issue(upTo(5000))
			cards = append(cards, card)
		case 1, 2:
			if len(captured) == 0 {
				continue
			}
			p := s.payment(captured[random.IntN(len(captured))].ID)
			if left := p.Refundable().Minor; left > 0 {
				s.refund(p, upTo(left), fmt.Sprint("refund ", step))
			}
		default:
			total := upTo(3000)
			left := total
			parts := []event.GiftCardPart{}
			for _, at := range random.Perm(len(cards)) {
				if pays := min(left, upTo(2000)); pays > 0 && len(parts) < 3 {
					parts, left = append(parts, part(cards[at], pays)), left-pays
				}
			}
			token := []string{"tok_ok", "tok_ok", "tok_ok", "tok_decline", "tok_capture_fails"}[random.IntN(5)]
			o := s.placed(total, parts...)
			p := s.authorise(o, token)
			if p.Status != payment.Authorized {
				break
			}
			if random.IntN(4) > 0 {
				p = s.capture(p)
			} else if err := s.payments.Cancel(t.Context(), o.OrderID); err != nil {
				t.Fatal(err)
			}
			if p.Status == payment.Captured {
				captured = append(captured, p)
			}
		}
		const all = `SELECT (SELECT coalesce(sum(issued_minor - balance_minor), 0) FROM gift_cards)
			- (SELECT coalesce(sum(gift_minor - gift_refunded_minor), 0) FROM payments WHERE status NOT IN ('DECLINED', 'VOIDED', 'FAILED'))`
		if n := s.number(s.pool, all); n != 0 {
			t.Fatalf("step %d: %d is spent and in no payment", step, n)
		}
	}
	polltest.Eventually(t, "all operations to end", func() bool {
		return s.number(s.pool, `SELECT (SELECT count(*) FROM payments WHERE pending_operation <> 'NONE') + (SELECT count(*) FROM refunds WHERE settled_at IS NULL)`) == 0
	})
	s.checkLedger()
}

package e2e

import (
	"strings"
	"testing"
	"time"

	"cartograph/internal/id"
)

const (
	applyGiftCards = `mutation($id: ID!, $codes: [String!]!) { checkoutGiftCardsApply(checkoutId: $id, codes: $codes) {
		checkout { amountDue { minorUnits } giftCards { lastCharacters amount { minorUnits } } } userErrors { code path } } }`
	balanceOf   = `query($code: String!) { giftCardBalance(code: $code) { status balance { minorUnits } } }`
	paidByCards = `query($id: ID!) { order(id: $id) { giftCards { amount { minorUnits } }
		payments { status amount { minorUnits } method { type } giftCards { lastCharacters amount { minorUnits } refunded { minorUnits } } transactions { gatewayReference } } } }`
)

// issueGiftCard issues a card in USD, as staff, and returns the payload with its code.
func (c *client) issueGiftCard(t *testing.T, amount string) object {
	t.Helper()
	issued := c.do(t, `mutation($input: GiftCardIssueInput!) { giftCardIssue(input: $input) { giftCard { id lastCharacters } code userErrors { code message } } }`,
		vars{"input": vars{"amount": vars{"amount": amount, "currencyCode": "USD"}, "idempotencyKey": id.New("key")}})
	payload := object(issued.get("giftCardIssue").(map[string]any))
	if payload.str("code") == "" {
		t.Fatalf("the card was not issued: %v", payload)
	}
	return payload
}

// TestPurchasesArePaidWithGiftCards pays a part of one order with a card and the whole
// of another, and refunds the first.
func TestPurchasesArePaidWithGiftCards(t *testing.T) {
	t.Parallel()
	s := start(t)
	staff := s.anyone()
	staff.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	variant := s.buyable(t, 20)
	buyer := s.register(t, "giftcards")

	card := staff.issueGiftCard(t, "5.00")
	checkout := buyer.checkout(t, buyer.add(t, variant, 1))
	total := checkout.num("cost.total.minorUnits")
	if got := buyer.do(t, applyGiftCards, vars{"id": checkout.str("id"), "codes": []string{"AAAA-AAAA"}}); got.str("checkoutGiftCardsApply.userErrors.0.code") != "GIFT_CARD_UNUSABLE" {
		t.Errorf("a wrong code: %v, want GIFT_CARD_UNUSABLE", got)
	}
	applied := buyer.do(t, applyGiftCards, vars{"id": checkout.str("id"), "codes": []string{strings.ToLower(card.str("code"))}})
	if due := applied.num("checkoutGiftCardsApply.checkout.amountDue.minorUnits"); due != total-500 {
		t.Fatalf("amount due = %v of %v, want 500 less: %v", due, total, applied)
	}
	partly := buyer.place(t, checkout, "tok_ok").str("order.id")
	buyer.await(t, partly, "CONFIRMED")
	paid := buyer.do(t, paidByCards, vars{"id": partly})
	if got := paid.num("order.payments.0.giftCards.0.amount.minorUnits"); got != 500 || paid.num("order.payments.0.amount.minorUnits") != total ||
		paid.str("order.payments.0.method.type") != "CARD" || paid.str("order.payments.0.giftCards.0.lastCharacters") != card.str("giftCard.lastCharacters") {
		t.Errorf("paid with %v", paid)
	}
	if got := s.anyone().do(t, balanceOf, vars{"code": card.str("code")}); got.str("giftCardBalance.status") != "USED_UP" {
		t.Errorf("the card is %v, want it used up", got)
	}
	buyer.awaitEmptyCart(t)

	large := staff.issueGiftCard(t, "90000.00")
	checkout = buyer.checkout(t, buyer.add(t, variant, 1))
	total = checkout.num("cost.total.minorUnits")
	buyer.do(t, applyGiftCards, vars{"id": checkout.str("id"), "codes": []string{large.str("code")}})
	wholly := buyer.place(t, checkout, "").str("order.id")
	buyer.await(t, wholly, "CONFIRMED")
	paid = buyer.do(t, paidByCards, vars{"id": wholly})
	if paid.str("order.payments.0.method.type") != "GIFT_CARD" || paid.num("order.giftCards.0.amount.minorUnits") != total {
		t.Errorf("paid with %v, want the card only", paid)
	}
	if got := buyer.do(t, balanceOf, vars{"code": large.str("code")}); got.num("giftCardBalance.balance.minorUnits") != 9_000_000-total {
		t.Errorf("the balance is %v, want %v less than 90000.00", got, total)
	}

	refunded := staff.do(t, `mutation($input: RefundCreateInput!) { refundCreate(input: $input) { refund { status } userErrors { code } } }`,
		vars{"input": vars{"orderId": partly, "reason": "CUSTOMER_REQUEST", "idempotencyKey": id.New("key")}})
	if refunded.str("refundCreate.refund.status") != "SUCCEEDED" {
		t.Fatalf("refund: %v", refunded)
	}
	if got := buyer.do(t, balanceOf, vars{"code": card.str("code")}); got.num("giftCardBalance.balance.minorUnits") != 500 {
		t.Errorf("after the refund the card has %v, want 5.00", got)
	}
	for name, r := range checked(t, s, 20*time.Second) {
		if len(r.Violations) > 0 {
			t.Errorf("%s: %s is violated: %v", r.Group, name, r.Violations)
		}
	}
}

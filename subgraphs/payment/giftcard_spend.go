package payment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/subgraphs/payment/db"
)

// refundExtension is how long a card can be spent at least after a refund to it.
const refundExtension = 90 * 24 * time.Hour

// giftCardsOf reads the gift cards that pay a part of an order.
func giftCardsOf(order db.PayableOrder) (parts []event.GiftCardPart, err error) {
	if err := json.Unmarshal(order.GiftCards, &parts); err != nil {
		return nil, fmt.Errorf("read gift cards of order %s: %w", order.OrderID, err)
	}
	return parts, nil
}

// lockGift locks the cards of a payment that is about to be stored and returns what
// they pay together, or the code by which the payment is declined: one of the cards
// cannot pay its part any more. The parts of an order never exceed its amount.
func (w *writer) lockGift(ctx context.Context, order db.PayableOrder, parts []event.GiftCardPart) (minor int64, failureCode string, err error) {
	if len(parts) == 0 {
		return 0, "", nil
	}
	ids := make([]string, len(parts))
	for i, p := range parts {
		ids[i] = p.CardID
	}
	rows, err := w.q.LockGiftCards(ctx, ids)
	if err != nil {
		return 0, "", fmt.Errorf("lock gift cards of order %s: %w", order.OrderID, err)
	}
	locked := map[string]*GiftCard{}
	for _, row := range rows {
		locked[row.GiftCard.ID] = giftCardOf(row.GiftCard, row.ReadAt)
	}
	for _, p := range parts {
		card := locked[p.CardID]
		if card == nil || card.Status() != GiftCardActive || card.Balance.Currency != order.Currency || card.Balance.Minor < p.AmountMinor {
			return 0, decline.GiftCard, nil
		}
		minor += p.AmountMinor
	}
	if minor > order.AmountMinor {
		return 0, "", fmt.Errorf("the gift cards of order %s pay %d of %d", order.OrderID, minor, order.AmountMinor)
	}
	return minor, "", nil
}

// spendGift takes a payment's parts from the cards that lockGift has locked. The
// payment is stored.
func (w *writer) spendGift(ctx context.Context, p Payment, parts []event.GiftCardPart) {
	for i, part := range parts {
		spent := db.SpendGiftCardParams{
			PaymentID: p.ID, CardID: part.CardID, Currency: p.Amount.Currency, AmountMinor: part.AmountMinor,
			Position: int32(i), LastCharacters: part.LastCharacters, //nolint:gosec // giftcard.MaxCards at most
		}
		w.queue(func(q *db.Queries) error { return q.SpendGiftCard(ctx, spent) })
	}
	w.writeJournal(ctx, p, "GIFT_CARD_RESERVED", 1, nil, []posting{{giftCardLiability, p.Gift.Minor}, {giftCardReserved, -p.Gift.Minor}})
}

// endsUncaptured reports whether the transition ends the payment without a capture.
func (t Transition) endsUncaptured() bool {
	return t.Before.Status != t.After.Status && slices.Contains([]Status{Declined, Voided, Failed}, t.After.Status)
}

// returnGift returns to the cards what a payment has taken.
func (w *writer) returnGift(ctx context.Context, p Payment) error {
	parts, err := w.giftCardsOfPayment(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, part := range parts {
		returned := db.ReturnToGiftCardParams{PaymentID: p.ID, CardID: part.CardID, AmountMinor: part.AmountMinor}
		w.queue(func(q *db.Queries) error { return q.ReturnToGiftCard(ctx, returned) })
	}
	w.writeJournal(ctx, p, "GIFT_CARD_RETURNED", 1, nil, []posting{{giftCardReserved, p.Gift.Minor}, {giftCardLiability, -p.Gift.Minor}})
	return nil
}

// refundGift adds a refund's gift part to the cards, the last one first: a card that
// paid the rest of an order is rarely empty, so that the balance stays on few cards.
func (w *writer) refundGift(ctx context.Context, p Payment, refundID string, minor int64) error {
	if minor == 0 {
		return nil
	}
	parts, err := w.giftCardsOfPayment(ctx, p.ID)
	if err != nil {
		return err
	}
	refunds := divideGift(parts, minor)
	slices.SortFunc(refunds, func(a, b db.RefundToGiftCardParams) int { return cmp.Compare(a.CardID, b.CardID) })
	for _, r := range refunds {
		r.PaymentID, r.RefundID, r.Extension = p.ID, refundID, refundExtension
		w.queue(func(q *db.Queries) error { return q.RefundToGiftCard(ctx, r) })
	}
	return nil
}

// divideGift divides a refund over the cards of a payment, the last one first.
func divideGift(parts []db.GiftCardsOfPaymentsRow, minor int64) (refunds []db.RefundToGiftCardParams) {
	parts = slices.SortedFunc(slices.Values(parts), func(a, b db.GiftCardsOfPaymentsRow) int { return cmp.Compare(b.Position, a.Position) })
	for _, part := range parts {
		if share := min(minor, part.AmountMinor-part.RefundedMinor); share > 0 {
			refunds = append(refunds, db.RefundToGiftCardParams{CardID: part.CardID, AmountMinor: share})
			minor -= share
		}
	}
	return refunds
}

// giftCardsOfPayment are a locked payment's parts in the order of their cards' ids, in
// which cards are locked.
func (w *writer) giftCardsOfPayment(ctx context.Context, paymentID string) ([]db.GiftCardsOfPaymentsRow, error) {
	parts, err := w.q.GiftCardsOfPayments(ctx, []string{paymentID})
	if err != nil {
		return nil, fmt.Errorf("read gift cards of payment %s: %w", paymentID, err)
	}
	slices.SortFunc(parts, func(a, b db.GiftCardsOfPaymentsRow) int { return cmp.Compare(a.CardID, b.CardID) })
	return parts, nil
}

// giftOfRefund is the part of a new refund that gift cards get, of a locked payment.
func (w *writer) giftOfRefund(ctx context.Context, p Payment, minor int64) (int64, error) {
	if p.Gift.Minor == 0 {
		return 0, nil
	}
	given, err := w.q.GiftMinorOfRefunds(ctx, p.ID)
	if err != nil {
		return 0, fmt.Errorf("read refunds of payment %s: %w", p.ID, err)
	}
	return giftShare(p.Captured.Minor, p.Gift.Minor, p.Refunded.Minor+p.RefundPending.Minor, given, minor), nil
}

// giftShare is the gift part of a refund of r, of a payment that captured c, g of it
// from gift cards, and that has refunded or reserved refunded, given of it to gift
// cards. Together the refunds are divided as the payment is: the part is what is
// missing from floor((refunded + r) · g / c). A refund that failed leaves the division
// of the others as it was, so that the part is kept within what either side has left.
func giftShare(c, g, refunded, given, r int64) int64 {
	if c <= 0 || r <= 0 || r > c-refunded {
		return 0 // is refused
	}
	rest := c - g - (refunded - given) // that the gateway can refund
	share := mulDiv(refunded+r, g, c) - given
	return min(max(share, r-rest, 0), r, g-given)
}

// mulDiv is floor(a · b / c) of amounts that are not negative, with b ≤ c.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))   //nolint:gosec // not negative
	quotient, _ := bits.Div64(hi, lo, uint64(c)) //nolint:gosec // not negative; hi < c, since b ≤ c and a < 2⁶³
	return int64(quotient)                       //nolint:gosec // at most a
}

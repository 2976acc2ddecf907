package payment

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"cartograph/subgraphs/payment/db"
)

// TestRefundsAreDividedAsThePaymentIs refunds a payment bit by bit, in any parts, of
// which some fail: neither side ever gets more than it paid, what succeeded is divided
// as the payment is but for a minor unit for each failure, and the whole is complete.
func TestRefundsAreDividedAsThePaymentIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		captured := rapid.OneOf(rapid.Int64Range(1, 200), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "captured")
		gift := rapid.Int64Range(0, captured).Draw(t, "gift")
		refunded, given, failures := int64(0), int64(0), int64(0)
		for range rapid.IntRange(0, 12).Draw(t, "refunds") {
			if refunded == captured {
				break
			}
			r := rapid.Int64Range(1, captured-refunded).Draw(t, "refund")
			share := giftShare(captured, gift, refunded, given, r)
			if share < 0 || share > r || given+share > gift || refunded-given+r-share > captured-gift {
				t.Fatalf("of %d refunded, gift cards get %d: they paid %d of %d, and have got %d of %d", r, share, gift, captured, given, refunded)
			}
			if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
				failures++
				continue
			}
			refunded, given = refunded+r, given+share
			if exact := mulDiv(refunded, gift, captured); given != exact && failures == 0 {
				t.Fatalf("gift cards got %d of %d, want %d", given, refunded, exact)
			}
		}
		rest := captured - refunded
		if share := giftShare(captured, gift, refunded, given, rest); rest > 0 && (given+share != gift || share > rest) {
			t.Fatalf("after all is refunded, gift cards got %d of %d", given+share, gift)
		}
	})
}

func TestARefundIsDividedOverTheCards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts, left := []db.GiftCardsOfPaymentsRow{}, int64(0)
		for i := range rapid.IntRange(1, 5).Draw(t, "cards") {
			amount := rapid.Int64Range(1, 1000).Draw(t, "amount")
			part := db.GiftCardsOfPaymentsRow{CardID: string(rune('a' + i)), Position: int32(i), AmountMinor: amount, RefundedMinor: rapid.Int64Range(0, amount).Draw(t, "refunded")}
			parts, left = append(parts, part), left+part.AmountMinor-part.RefundedMinor
		}
		minor := rapid.Int64Range(0, left).Draw(t, "minor")
		sum := int64(0)
		for _, r := range divideGift(parts, minor) {
			for _, p := range parts {
				if p.CardID == r.CardID && (r.AmountMinor <= 0 || p.RefundedMinor+r.AmountMinor > p.AmountMinor) {
					t.Fatalf("%s gets %d of %d, %d of it refunded before", p.CardID, r.AmountMinor, p.AmountMinor, p.RefundedMinor)
				}
			}
			sum += r.AmountMinor
		}
		if sum != minor {
			t.Fatalf("the cards get %d, want %d", sum, minor)
		}
	})
}

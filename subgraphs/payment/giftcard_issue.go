package payment

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
	"cartograph/internal/giftcard"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
)

const (
	maxGiftCardMinor = 10_000_000 // of one card: 100,000.00 where the currency has cents
	maxGiftCardYears = 10         // until it expires

	opIssue   = "giftCardIssue" // of idempotency keys
	opDisable = "giftCardDisable"
)

// IssueRequest is a gift card requested by staff.
type IssueRequest struct {
	Amount         money.Money
	ExpiresAt      *time.Time // never, by default
	Note           string     // for staff, may be empty
	IdempotencyKey string
}

// fingerprint is what must be equal for a key to be used again.
func (r IssueRequest) fingerprint() IssueRequest {
	r.IdempotencyKey = ""
	if r.ExpiresAt != nil {
		r.ExpiresAt = new(r.ExpiresAt.UTC())
	}
	return r
}

// checkForm is check without what depends on the time: a replay is answered whenever
// it comes.
func (r IssueRequest) checkForm() error {
	if err := cardnumber.Refuse(r.Note); err != nil {
		return err
	}
	switch {
	case r.Amount.Minor <= 0:
		return fault.Localized(fault.Invalid, "payment.amount_not_positive").At("input", "amount")
	case r.Amount.Minor > maxGiftCardMinor:
		most := money.Money{Minor: maxGiftCardMinor, Currency: r.Amount.Currency}
		return fault.Localized(fault.Invalid, "payment.gift_card.too_large", message.Args{"limit": most}).At("input", "amount")
	case utf8.RuneCountInString(r.Note) > maxNoteLength:
		return fault.Localized(fault.Invalid, "payment.note_too_long", message.Args{"limit": maxNoteLength}).At("input", "note")
	default:
		return nil
	}
}

func (r IssueRequest) check(now time.Time) error {
	if r.ExpiresAt != nil && (!r.ExpiresAt.After(now) || r.ExpiresAt.After(now.AddDate(maxGiftCardYears, 0, 0))) {
		return fault.Localized(fault.Invalid, "payment.gift_card.expiry", message.Args{"years": maxGiftCardYears}).At("input", "expiresAt")
	}
	return nil
}

// IssueGiftCard issues a card. Its code is returned this once: a replay has none, and
// nothing stores it.
func (s *Service) IssueGiftCard(ctx context.Context, r IssueRequest) (card *GiftCard, code string, replayed bool, err error) {
	if err := r.checkForm(); err != nil {
		return nil, "", false, err
	}
	cardID := ""
	err = s.change(ctx, func(w *writer) error {
		cardID, code, err = w.issueGiftCard(ctx, r, s.now())
		return err
	})
	if err != nil {
		return nil, "", false, err
	}
	card, err = s.GiftCard(ctx, cardID)
	return card, code, code == "", err
}

func (w *writer) issueGiftCard(ctx context.Context, r IssueRequest, now time.Time) (cardID, code string, err error) {
	cardID = id.New(id.GiftCard)
	earlier, err := idempotency.Claim(ctx, w.tx, auth.From(ctx).ID, opIssue, r.IdempotencyKey, r.fingerprint(), cardID)
	if err != nil || earlier != "" {
		return earlier, "", err
	}
	if err := r.check(now); err != nil {
		return "", "", err
	}
	c := giftcard.New()
	w.queue(func(q *db.Queries) error {
		return q.InsertGiftCard(ctx, db.InsertGiftCardParams{
			ID: cardID, Currency: r.Amount.Currency, IssuedMinor: r.Amount.Minor, CodeHash: c.Hash(), LastCharacters: c.LastCharacters(),
			Note: r.Note, ExpiresAt: r.ExpiresAt,
		})
	})
	w.insertJournal(ctx, db.InsertJournalParams{GiftCardID: &cardID, Kind: "GIFT_CARD_ISSUED", Number: 1, Currency: r.Amount.Currency},
		[]posting{{giftCardsIssued, r.Amount.Minor}, {giftCardLiability, -r.Amount.Minor}})
	return cardID, c.String(), audit.Write(ctx, w.tx, now, audit.GiftCardIssued, cardID, nil, audit.Values{
		"amount": r.Amount.String(), "expiresAt": r.ExpiresAt, "note": r.Note,
	})
}

// DisableGiftCard makes a card's balance unspendable. What payments have taken from it
// stays taken.
func (s *Service) DisableGiftCard(ctx context.Context, cardID, key string) (card *GiftCard, replayed bool, err error) {
	if err := cardnumber.Refuse(cardID); err != nil {
		return nil, false, err
	}
	err = s.change(ctx, func(w *writer) error {
		earlier, err := idempotency.Claim(ctx, w.tx, auth.From(ctx).ID, opDisable, key, map[string]string{"card": cardID}, cardID)
		if f := fault.Of(err); f != nil {
			f.At("idempotencyKey") //nolint:errcheck // returns f itself
		}
		replayed = earlier != ""
		if err != nil || replayed {
			return err
		}
		found, err := w.q.GiftCardsByID(ctx, []string{cardID})
		if err != nil {
			return fmt.Errorf("read gift card %s: %w", cardID, err)
		}
		if len(found) == 0 {
			return giftCardNotFound().At("id")
		}
		disabled, err := w.q.DisableGiftCard(ctx, cardID)
		if err != nil || disabled == 0 { // it was disabled before
			return err
		}
		return audit.Write(ctx, w.tx, s.now(), audit.GiftCardDisabled, cardID,
			audit.Values{"disabledAt": nil}, audit.Values{"balance": giftCardOf(found[0].GiftCard, found[0].ReadAt).Balance.String()})
	})
	if err != nil {
		return nil, false, err
	}
	card, err = s.GiftCard(ctx, cardID)
	return card, replayed, err
}

func giftCardNotFound() *fault.Error {
	return fault.Localized(fault.NotFound, "payment.gift_card.not_found")
}

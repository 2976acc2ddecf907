package payment

import (
	"context"
	"slices"

	"cartograph/subgraphs/payment/db"
)

// The ledger is kept by double entry. A journal is what one transition or refund
// means in money; its postings add up to zero, which a deferred trigger checks at
// the commit. Journals and postings are only ever appended.
//
// Per payment, and so over all of them:
//
//	customer_receivable = authorised - captured - voided - its gift part, if authorised
//	gateway_clearing    = captured - refunded - disputed - (gift part, if captured - gift part refunded)
//	refunds             = refunded
//	disputed_funds      = disputes that are open
//	chargebacks         = disputes that were lost; with those that are open, disputed
//	gift_card_reserved  = - gift part, until captured or returned
//
// Over all gift cards: gift_card_liability = - balances.
//
// Reconcile compares both sides (query LedgerDifferences).

// posting is one side of a journal in minor units: a debit is positive, a credit
// negative.
type posting struct {
	account string
	minor   int64
}

// The accounts of the ledger.
const (
	receivable = "customer_receivable" // authorised: reserved by the bank
	unearned   = "unearned"            // contra account of receivable
	clearing   = "gateway_clearing"    // captured: held by the gateway for the shop
	sales      = "sales"               // what was captured
	refunds    = "refunds"             // what of it was refunded

	giftCardsIssued   = "gift_cards_issued"   // what was given for gift cards, or what they cost the shop
	giftCardLiability = "gift_card_liability" // the balances of all gift cards
	giftCardReserved  = "gift_card_reserved"  // taken from a balance for a payment that is not captured

	disputedFunds = "disputed_funds" // withdrawn by the gateway while the bank decides
	chargebacks   = "chargebacks"    // what the bank gave back to customers
)

// journal is the journal of a transition; no postings if it moves no money. Voiding
// and capturing both clear the whole authorisation: a capture of less than was
// authorised voids the rest.
func (t Transition) journal() (kind string, postings []posting) {
	amount := t.Amount.Minor
	switch {
	case t.Operation == OpDispute:
		return "DISPUTED", []posting{{disputedFunds, amount}, {clearing, -amount}}
	case t.Operation == OpDisputeWon:
		return "DISPUTE_WON", []posting{{clearing, amount}, {disputedFunds, -amount}}
	case t.Operation == OpDisputeLost:
		return "DISPUTE_LOST", []posting{{chargebacks, amount}, {disputedFunds, -amount}}
	case t.Outcome != Succeeded || amount == 0:
		return "", nil
	}
	gift := t.After.Gift.Minor
	rest := amount - gift // of the gateway
	switch t.After.Status {
	case Authorized:
		return "AUTHORIZED", moved([]posting{{receivable, rest}, {unearned, -rest}})
	case Voided, Failed:
		return "VOIDED", moved([]posting{{unearned, rest}, {receivable, -rest}})
	case Captured:
		authorized := t.After.Authorized.Minor - gift
		return "CAPTURED", moved([]posting{{clearing, rest}, {giftCardReserved, gift}, {sales, -amount}, {unearned, authorized}, {receivable, -authorized}})
	default:
		return "", nil
	}
}

// moved leaves out the postings that move nothing: either the gateway or gift cards may
// have no part.
func moved(postings []posting) []posting {
	return slices.DeleteFunc(postings, func(p posting) bool { return p.minor == 0 })
}

// writeJournal stores a journal of a payment, or of one of its refunds or disputes:
// number is that of the dispute, and else 1.
func (w *writer) writeJournal(ctx context.Context, p Payment, kind string, number int32, refundID *string, postings []posting) {
	w.insertJournal(ctx, db.InsertJournalParams{PaymentID: &p.ID, Kind: kind, Number: number, RefundID: refundID, Currency: p.Amount.Currency}, postings)
}

// insertJournal stores a journal, unless it moves nothing. The constraint journals_once
// keeps a second one of the same kind, subject and number from being stored.
func (w *writer) insertJournal(ctx context.Context, j db.InsertJournalParams, postings []posting) {
	for _, side := range postings {
		j.Accounts, j.Amounts = append(j.Accounts, side.account), append(j.Amounts, side.minor)
	}
	if len(j.Accounts) > 0 {
		w.queue(func(q *db.Queries) error { return q.InsertJournal(ctx, j) })
	}
}

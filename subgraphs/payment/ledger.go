package payment

import (
	"context"

	"cartograph/subgraphs/payment/db"
)

// The ledger is kept by double entry. A journal is what one transition or refund
// means in money; its postings add up to zero, which a deferred trigger checks at
// the commit. Journals and postings are only ever appended.
//
// Per payment, and so over all of them:
//
//	customer_receivable = authorised - captured - voided
//	gateway_clearing    = captured - refunded - disputed
//	refunds             = refunded
//	disputed_funds      = disputes that are open
//	chargebacks         = disputes that were lost; with those that are open, disputed
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
	switch t.After.Status {
	case Authorized:
		return "AUTHORIZED", []posting{{receivable, amount}, {unearned, -amount}}
	case Voided, Failed:
		return "VOIDED", []posting{{unearned, amount}, {receivable, -amount}}
	case Captured:
		authorized := t.After.Authorized.Minor
		return "CAPTURED", []posting{{clearing, amount}, {sales, -amount}, {unearned, authorized}, {receivable, -authorized}}
	default:
		return "", nil
	}
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
		if side.minor != 0 {
			j.Accounts, j.Amounts = append(j.Accounts, side.account), append(j.Amounts, side.minor)
		}
	}
	if len(j.Accounts) > 0 {
		w.queue(func(q *db.Queries) error { return q.InsertJournal(ctx, j) })
	}
}

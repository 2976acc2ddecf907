package payment

import (
	"time"

	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/payment/db"
)

// GiftCard is money that its holder has with the shop. Whoever knows one of its codes
// is its holder. Rules that always hold, by constraints of the tables:
//
//   - the balance is what the card's movements add up to, and never negative;
//   - the balances of all cards are the ledger's gift_card_liability.
//
// A card that has expired or is disabled keeps its balance, which cannot be spent.
type GiftCard struct {
	ID             string
	LastCharacters string // of the code that was shown when the card was issued
	Issued         money.Money
	Balance        money.Money
	Note           *string // for staff
	ExpiresAt      *time.Time
	DisabledAt     *time.Time
	CreatedAt      time.Time

	ReadAt time.Time // by the database's clock, which alone decides expiry
}

// GiftCardStatus is whether a card can be spent.
type GiftCardStatus string

// The statuses.
const (
	GiftCardActive   GiftCardStatus = "ACTIVE"
	GiftCardUsedUp   GiftCardStatus = "USED_UP" // a refund may fill it again
	GiftCardExpired  GiftCardStatus = "EXPIRED"
	GiftCardDisabled GiftCardStatus = "DISABLED"
)

// Status is whether the card can be spent.
func (g *GiftCard) Status() GiftCardStatus {
	switch {
	case g.DisabledAt != nil:
		return GiftCardDisabled
	case g.ExpiresAt != nil && !g.ReadAt.Before(*g.ExpiresAt):
		return GiftCardExpired
	case g.Balance.Minor == 0:
		return GiftCardUsedUp
	default:
		return GiftCardActive
	}
}

// GiftCardMovement is a change of a card's balance.
type GiftCardMovement struct {
	Kind      GiftCardMovementKind
	Amount    money.Money // positive: it was added to the balance
	PaymentID *string
	At        time.Time
}

// GiftCardMovementKind is why a balance changed.
type GiftCardMovementKind string

// The kinds.
const (
	GiftCardIssue  GiftCardMovementKind = "ISSUED"
	GiftCardSpent  GiftCardMovementKind = "SPENT"    // by a payment, when it is created
	GiftCardReturn GiftCardMovementKind = "RETURNED" // the payment was declined or voided, or failed
	GiftCardRefund GiftCardMovementKind = "REFUNDED"
)

func giftCardOf(row db.GiftCard, readAt time.Time) *GiftCard {
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: row.Currency} }
	return &GiftCard{
		ID: row.ID, LastCharacters: row.LastCharacters, Issued: in(row.IssuedMinor), Balance: in(row.BalanceMinor),
		Note: optional.Of(row.Note), ExpiresAt: row.ExpiresAt, DisabledAt: row.DisabledAt,
		CreatedAt: row.CreatedAt, ReadAt: readAt,
	}
}

package cart

import (
	"time"

	"cartograph/internal/money"
)

// An Offer is the catalogue's current terms for a variant.
type Offer struct {
	Price       money.Money
	CompareAt   *money.Money
	Available   int
	CanBuy      bool
	MaxPerOrder int
	Snapshot    Snapshot
	Stale       bool // from the cache, because the catalogue is unavailable
}

// Quote is the cost of a cart at a moment. It is not binding: checkout prices
// the cart again.
type Quote struct {
	Lines    []QuotedLine
	Subtotal money.Money
	Problems []Problem
	Stale    bool // at least one price is the last known one
	At       time.Time
}

// Total equals the subtotal: delivery and tax are computed at checkout.
func (q *Quote) Total() money.Money { return q.Subtotal }

// TotalIsEstimate is true of every cart, for the same reason.
func (*Quote) TotalIsEstimate() bool { return true }

// QuotedLine is a line with its cost.
type QuotedLine struct {
	Line
	Cost     LineCost
	Problems []Problem
}

// LineCost is the cost of a line.
type LineCost struct {
	Unit      money.Money
	CompareAt *money.Money
	WhenAdded money.Money
	Total     money.Money // Unit times the quantity
}

// price computes the quote of the cart. Three cases per line:
//
//   - The catalogue offers the variant: price, snapshot and problems follow the
//     offer.
//   - The catalogue answered without the variant: it is no longer for sale. The
//     last known price still counts, so that the total does not drop before the
//     customer removes the line.
//   - The catalogue was unavailable and the cache empty (offers is nil): nothing
//     is known, so the line has its last known price and no problem. A problem
//     here would block every cart during an outage of the catalogue.
//
// A line from a merged cart of another currency has no last known price in the
// currency of this cart, and counts as zero in the latter two cases: amounts of
// two currencies are never added up.
func (c *Cart) price(offers map[string]Offer, now time.Time) Quote {
	q := Quote{Subtotal: money.Zero(c.Currency), Problems: []Problem{}, Stale: offers == nil && len(c.Lines) > 0, At: now}
	for _, l := range c.Lines {
		quoted := l.price(c.Currency, offers)
		q.Stale = q.Stale || offers[l.VariantID].Stale
		q.Lines = append(q.Lines, quoted)
		q.Problems = append(q.Problems, quoted.Problems...)
		q.Subtotal = q.Subtotal.Add(quoted.Cost.Total)
	}
	return q
}

func (l Line) price(currency string, offers map[string]Offer) QuotedLine {
	quoted := QuotedLine{Line: l, Cost: LineCost{Unit: l.Last, WhenAdded: l.Added}, Problems: []Problem{}}
	if l.Last.Currency != currency {
		quoted.Cost.Unit = money.Zero(currency)
	}
	offer, found := offers[l.VariantID]
	switch {
	case found:
		quoted.Cost.Unit, quoted.Cost.CompareAt, quoted.Snapshot = offer.Price, offer.CompareAt, offer.Snapshot
		quoted.Problems = l.problems(offer)
	case offers != nil:
		quoted.Problems = []Problem{VariantUnavailable{LineID: l.ID, Message: l.Snapshot.Title + " is no longer for sale."}}
	}
	quoted.Cost.Total = quoted.Cost.Unit.Times(l.Quantity)
	return quoted
}

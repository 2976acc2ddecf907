package inventory

import (
	"math"
	"slices"
	"time"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
)

// Of some variants, more customers want to buy than there is stock. They wait in a
// line for each variant: whoever has an account before guests, guests who have given
// contact data, and so are about to pay, before those who have not; and else in the
// order of arrival. What is available is kept for those who are ahead. The first whose
// units are available have their turn: they can hold them or, without contact data,
// have some time to give it. So a crowd is told at once that it comes too late, and
// whoever types an address gets the stock.
//
// A place holds no stock: it keeps units from those behind it only. An account need not
// wait for guests, nor a guest with contact data for those without. Of the guests of
// one network that are ahead, others wait for half of the available units at most: a
// network that fills the line does not keep it from others.
//
// A place ends if its customer does not come back in time.

// rank is the first criterion of the order of a line.
type rank int16

const (
	rankAccount rank = iota
	rankContact
	rankNoContact
)

const (
	maxPlaces  = 256              // of one variant and rank; further ones have none
	leastRetry = 2 * time.Second  // until the next attempt
	mostRetry  = 15 * time.Second // even if nothing ends before: customers cancel
	placeGrace = 15 * time.Second // after which a place ends that is not renewed
)

// place is a customer's place in the line of a variant.
type place struct {
	variantID, holder, network string
	rank                       rank
	units                      int64
	number                     int64 // grows in the order of arrival
	endsAt                     time.Time
	turnEndsAt                 *time.Time // nil: it is not its turn
}

// before reports whether p is ahead of a place with this rank and number.
func (p *place) before(r rank, number int64) bool {
	return p.rank < r || p.rank == r && p.number < number
}

// lines are the places by variant, with what changes them in one transaction.
type lines struct {
	places map[string][]*place
	last   int64 // number of the latest new place
	joined map[*place]bool
	left   []*place
}

func newLines() *lines {
	// Numbers that Postgres gives are lower.
	return &lines{places: map[string][]*place{}, last: math.MaxInt64 / 2, joined: map[*place]bool{}}
}

// own is a holder's place; nil without one.
func (l *lines) own(variantID, holder string) *place {
	for _, p := range l.places[variantID] {
		if p.holder == holder {
			return p
		}
	}
	return nil
}

// queue is what is ahead of a customer in a line.
type queue struct {
	units  int64 // that are kept for others
	places int
	ends   time.Time // of the first place to end; zero without one
}

// ahead is what is ahead of a holder of a rank, who joins the end of the line or has a
// place.
func (l *lines) ahead(h holder, r rank, variantID string, available int64) queue {
	number := int64(math.MaxInt64)
	if own := l.own(variantID, h.id); own != nil {
		number = own.number
	}
	var q queue
	byNetwork := map[string]int64{}
	for _, p := range l.places[variantID] {
		if p.holder == h.id || !p.before(r, number) {
			continue
		}
		q.places++
		if q.ends.IsZero() || p.endsAt.Before(q.ends) {
			q.ends = p.endsAt
		}
		units := p.units
		if p.network != "" && p.network != h.network {
			units = min(units, (available+1)/2-byNetwork[p.network])
			byNetwork[p.network] += units
		}
		q.units += units
	}
	return q
}

// join gives the holder a place, or renews it: with the same number, whatever its rank
// has become. It returns nil if the line is full.
func (l *lines) join(h holder, r rank, line event.Line, endsAt time.Time) *place {
	p := l.own(line.VariantID, h.id)
	if p == nil {
		n := 0
		for _, other := range l.places[line.VariantID] {
			if other.rank == r {
				n++
			}
		}
		if n >= maxPlaces {
			return nil
		}
		l.last++
		p = &place{variantID: line.VariantID, holder: h.id, number: l.last}
		l.places[line.VariantID] = append(l.places[line.VariantID], p)
	}
	p.network, p.rank, p.units, p.endsAt = h.network, r, int64(line.Quantity), endsAt
	l.joined[p] = true
	return p
}

// turn gives the holder a turn, which ends at a time. A turn is not renewed: otherwise
// whoever comes back often enough would keep the units from others for ever.
func (l *lines) turn(h holder, r rank, line event.Line, endsAt time.Time) {
	p := l.join(h, r, line, endsAt)
	if p == nil {
		return
	}
	if p.turnEndsAt == nil {
		p.turnEndsAt = &endsAt
	}
	p.endsAt = *p.turnEndsAt
}

// leave removes the holder's places in the lines of these variants.
func (l *lines) leave(holder string, held []event.Line) {
	for _, line := range held {
		p := l.own(line.VariantID, holder)
		if p == nil {
			continue
		}
		l.left = append(l.left, p)
		delete(l.joined, p)
		l.places[line.VariantID] = slices.DeleteFunc(l.places[line.VariantID], func(o *place) bool { return o == p })
	}
}

// waiting is a shortage that time may end, of a customer who waits for that.
type waiting struct {
	shortage *event.Shortage
	ahead    queue
	place    *place // nil: the line is full
}

// wait adds to a shortage how many units may become available, and gives the holder a
// place. It returns false if nothing is going to become available for so many.
func (l *lines) wait(now time.Time, h holder, r rank, s *event.Shortage, row *db.Stock) (waiting, bool) {
	if h.id == "" || row == nil {
		return waiting{}, false
	}
	q := l.ahead(h, r, s.VariantID, row.Available)
	onHand := row.Available + row.Reserved
	if row.Reserved == 0 && q.units == 0 || int64(s.Requested) > onHand {
		return waiting{}, false
	}
	s.Reserved = int(min(onHand, row.Reserved+min(q.units, row.Available)))
	p := l.join(h, r, event.Line{VariantID: s.VariantID, Quantity: s.Requested}, now.Add(mostRetry+placeGrace))
	if p != nil {
		p.turnEndsAt = nil
		s.Position = q.places + 1
	}
	return waiting{s, q, p}, true
}

// settle sets the times of a shortage, when the first hold of its variant ends; zero
// if that is not known.
func (w waiting) settle(now, holdEnds time.Time) {
	first := holdEnds
	if first.IsZero() || !w.ahead.ends.IsZero() && w.ahead.ends.Before(first) {
		first = w.ahead.ends
	}
	retry := mostRetry
	if !first.IsZero() {
		w.shortage.AvailableAt = first.UTC()
		retry = min(max(first.Sub(now), leastRetry), mostRetry)
	}
	w.shortage.RetryAt = now.Add(retry).UTC()
	if w.place != nil {
		w.place.endsAt = now.Add(retry + placeGrace)
	}
}

// kept returns the lines for which less is available than they need, because the rest
// is kept for others who are ahead. The stock suffices for all of them.
func (l *lines) kept(h holder, r rank, wanted []event.Line, stock stockRows) []event.Shortage {
	if h.id == "" {
		return nil
	}
	var short []event.Shortage
	for _, line := range wanted {
		available := stock[line.VariantID].Available
		left := available - l.ahead(h, r, line.VariantID, available).units
		if left < int64(line.Quantity) {
			short = append(short, event.Shortage{VariantID: line.VariantID, Requested: line.Quantity, Available: int(max(left, 0))})
		}
	}
	return short
}

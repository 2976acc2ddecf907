package inventory

import (
	"cmp"
	"context"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
)

// Holding costs nothing, and a guest is made by one call. So a guest has proved
// nothing, and what guests hold is bounded four times: by guest, by network, by
// network and variant, and by variant. The last two keep a share of each variant
// for others; without them few visitors from one address, or many from many,
// make every variant look sold out until their holds end. A customer with an
// account is bounded by what one may hold at all.
//
// Of scarce stock, up to scarceUnits, guests and networks may hold everything: a
// share of five units would refuse the buyers of the last two.
//
// What an account or a network holds is read under an advisory lock of its key,
// and what guests hold of a variant under the lock of its stock row, so that
// concurrent batches cannot exceed a limit together.
const (
	guestShare   = 75 // percent of what is on hand of a variant, for all guests
	networkShare = 50 // percent of the same, for the guests of one network
	scarceUnits  = 10
)

// holder is whoever holds: the actor that is accountable for a checkout.
type holder struct {
	id      string
	guest   bool
	network string // of a guest whose request came by RPC; events have no address
}

// rank is that of a holder in a line: whoever requests a hold has given contact data.
func (h holder) rank() rank {
	if h.guest {
		return rankContact
	}
	return rankAccount
}

// holderOf is the holder of a call, or of the event that ctx handles. It is empty
// for what a service requests by itself, which no limit counts.
func holderOf(ctx context.Context) holder {
	caller := auth.From(ctx)
	a := caller.Accountable()
	if a.Kind == auth.Service {
		return holder{}
	}
	h := holder{id: cmp.Or(a.ID, event.Cause(ctx).Actor)}
	h.guest = a.Kind == auth.Guest || id.PrefixOf(h.id) == id.Guest
	if h.guest && caller.Address != "" {
		h.network = caller.Network()
	}
	return h
}

// holdLimits are the limits that an operator chooses.
type holdLimits struct {
	guest, network, customer int64         // units
	guestHold                time.Duration // how long a guest's hold lasts at most
	guestTurn                time.Duration // how long a guest without contact data keeps a turn
}

// ttl is how long a hold lasts, and how often it can be extended.
func (l holdLimits) ttl(r Request, extensions int) (time.Duration, int) {
	if !r.holder.guest {
		return r.TTL, extensions
	}
	return min(r.TTL, l.guestHold), min(extensions, 1)
}

// limited returns the lines that a limit refuses, with the limit, how much of the
// line it would admit, and when part of what counts towards it ends. Of several
// limits it returns the widest. The stock suffices for all lines.
func (l holdLimits) limited(r Request, stock stockRows, u *usage) []event.Shortage {
	h := r.holder
	if h.id == "" {
		return nil
	}
	units := l.customer
	if h.guest {
		units = l.guest
	}
	held := u.holders[h.id]
	if refused := within(r.Lines, units-held.units, event.LimitOfHolder, held.until); refused != nil || !h.guest {
		return refused
	}
	if h.network != "" {
		held := u.networks[h.network]
		if refused := within(r.Lines, l.network-held.units, event.LimitOfNetwork, held.until); refused != nil {
			return refused
		}
	}
	var refused []event.Shortage
	for _, line := range r.Lines {
		row := stock[line.VariantID]
		onHand := row.Available + row.Reserved
		if h.network != "" {
			held := u.shares[networkVariant{h.network, line.VariantID}]
			left := share(onHand, networkShare) - held.units
			if over := within([]event.Line{line}, left, event.LimitOfNetworkShare, held.until); over != nil {
				refused = append(refused, over...)
				continue
			}
		}
		left := share(onHand, guestShare) - row.GuestReserved
		refused = append(refused, within([]event.Line{line}, left, event.LimitOfGuestShare, u.now.Add(l.guestHold))...)
	}
	return refused
}

// share is a percentage of the units on hand, and of few units all.
func share(onHand, percent int64) int64 { return max(min(onHand, scarceUnits), onHand*percent/100) }

// within returns the lines that exceed left units together, if they do. retryAt is
// zero if nothing is held: then the lines exceed the limit at any time.
func within(lines []event.Line, left int64, limit event.HoldLimit, retryAt time.Time) []event.Shortage {
	var requested int64
	for _, l := range lines {
		requested += int64(l.Quantity)
	}
	if requested <= left {
		return nil
	}
	var refused []event.Shortage
	left = max(left, 0)
	for _, l := range lines {
		admitted := min(int64(l.Quantity), left)
		left -= admitted
		if admitted < int64(l.Quantity) {
			refused = append(refused, event.Shortage{
				VariantID: l.VariantID, Requested: l.Quantity, Available: int(admitted), Limit: limit, RetryAt: retryAt,
			})
		}
	}
	return refused
}

// usage is what the holders of a batch hold, with what the batch has decided.
type usage struct {
	now      time.Time
	holders  map[string]held
	networks map[string]held
	shares   map[networkVariant]held
}

type networkVariant struct{ network, variantID string }

// held is an amount of units, and when the first of them end.
type held struct {
	units int64
	until time.Time
}

func newUsage(now time.Time) *usage {
	return &usage{now, map[string]held{}, map[string]held{}, map[networkVariant]held{}}
}

// add counts what a holder holds of a variant. Networks hold what their guests do.
func (u *usage) add(h holder, variantID string, units int64, until time.Time) {
	if h.id != "" {
		u.holders[h.id] = u.holders[h.id].plus(units, until)
	}
	if h.network != "" {
		u.networks[h.network] = u.networks[h.network].plus(units, until)
		key := networkVariant{h.network, variantID}
		u.shares[key] = u.shares[key].plus(units, until)
	}
}

func (h held) plus(units int64, until time.Time) held {
	if h.units == 0 || until.Before(h.until) {
		h.until = until
	}
	h.units += units
	return h
}

package order

import (
	"context"
	"math"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
)

// limitFault has the limit that refuses the line, and when to come back.
func (s Shortage) limitFault() *fault.Error {
	args := message.Args{"available": s.Available, "count": minutesUntil(s.RetryAt)}
	key := message.Key("inventory.limit.never")
	switch {
	case s.Limit == event.LimitOfFlashSale:
		key = "inventory.limit.flash_sale"
	case s.Limit == event.LimitOfFlashSaleCustomer && s.Available == 0:
		key = "inventory.limit.flash_sale_none"
	case s.Limit == event.LimitOfFlashSaleCustomer:
		key = "inventory.limit.flash_sale_more"
	case s.RetryAt.IsZero():
	case s.Limit == event.LimitOfHolder:
		key = "inventory.limit.holder"
	case s.Limit == event.LimitOfNetwork, s.Limit == event.LimitOfNetworkShare:
		key = "inventory.limit.network"
	default:
		key = "inventory.limit.guests"
	}
	return fault.Localized(fault.Conflict, key, args).WithCode("RESERVATION_LIMIT")
}

// minutesUntil is the time until t in whole minutes, at least one.
func minutesUntil(t time.Time) int { return max(1, int(math.Ceil(time.Until(t).Minutes()))) }

// forOwner is ctx with the owner of a checkout as the caller if there is none:
// inventory limits what an owner holds also where a retry requests the hold, long
// after the owner's request.
func forOwner(ctx context.Context, c *Checkout) context.Context {
	caller := auth.From(ctx)
	if caller.ID != "" {
		return ctx
	}
	kind := auth.User
	if id.PrefixOf(c.OwnerID) == id.Guest {
		kind = auth.Guest
	}
	caller.Actor = auth.Actor{Kind: kind, ID: c.OwnerID}
	return auth.With(ctx, caller)
}

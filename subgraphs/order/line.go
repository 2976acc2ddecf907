package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cartograph/internal/batch"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	joinTimeout = time.Second // of one call, which many checkouts share
	maxJoin     = 256         // entries of one call
)

// waitingLine joins inventory's waiting lines for many customers at once.
//
// A cart that has a purchase is not refused: what that holds is released for a new
// checkout, and one that is being paid continues. A checkout that awaits contact data
// holds nothing, and takes nobody past the line.
type waitingLine struct {
	join     func(context.Context, *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error)
	occupied func(ctx context.Context, cartIDs []string) ([]string, error) // those that have a purchase with a claim to stock
}

// joinRequest is a customer who joins: with the cart and those merged into it.
type joinRequest struct {
	entry *rpcv1.LineEntry
	carts []string
}

// lineCalls combines the calls of customers that come at the same time. A result is why
// it is not the customer's turn to buy; nil if it is.
type lineCalls = batch.Calls[joinRequest, []Shortage]

func newLineCalls(l waitingLine) *lineCalls {
	return &lineCalls{Do: l.joinAll, Max: maxJoin, Timeout: joinTimeout}
}

func (l waitingLine) joinAll(ctx context.Context, requests []joinRequest) ([][]Shortage, error) {
	req := &rpcv1.JoinRequest{Entries: make([]*rpcv1.LineEntry, len(requests))}
	for i, r := range requests {
		req.Entries[i] = r.entry
	}
	res, err := l.join(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(res.GetResults()) != len(requests) {
		return nil, errors.New("inventory has not answered for every customer")
	}
	short := make([][]Shortage, len(requests))
	for i, result := range res.GetResults() {
		short[i] = shortagesOf(result.GetShortages())
	}
	return short, l.admitOccupied(ctx, requests, short)
}

// admitOccupied takes the shortages from those whose carts have a purchase.
func (l waitingLine) admitOccupied(ctx context.Context, requests []joinRequest, short [][]Shortage) error {
	var carts []string
	for i, r := range requests {
		if short[i] != nil {
			carts = append(carts, r.carts...)
		}
	}
	if carts == nil {
		return nil
	}
	occupied, err := l.occupied(ctx, carts)
	if err != nil {
		return fmt.Errorf("read purchases of carts: %w", err)
	}
	for i, r := range requests {
		if slices.ContainsFunc(r.carts, func(id string) bool { return slices.Contains(occupied, id) }) {
			short[i] = nil
		}
	}
	return nil
}

// shortagesOf are the shortages in a response of inventory; nil if there are none.
func shortagesOf(in []*rpcv1.Shortage) []Shortage {
	var out []Shortage
	for _, sh := range in {
		out = append(out, shortageOf(sh))
	}
	return out
}

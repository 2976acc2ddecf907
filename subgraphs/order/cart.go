package order

import (
	"context"
	"time"

	"cartograph/internal/batch"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	readCartsTimeout = 2 * time.Second
	maxReadCarts     = 64 // carts of one call
)

// cartCalls reads carts for checkouts that open at the same time. A result is nil if
// the caller has no such cart.
type cartCalls = batch.Calls[*rpcv1.CartQuery, *rpcv1.Cart]

// newCartCalls reads carts by a call of the cart service. Of carts with one of the
// refused variants the promotions are left out.
func newCartCalls(call func(context.Context, *rpcv1.ReadCartsRequest) (*rpcv1.ReadCartsResponse, error), refused func() []string) *cartCalls {
	read := func(ctx context.Context, queries []*rpcv1.CartQuery) ([]*rpcv1.Cart, error) {
		res, err := call(ctx, &rpcv1.ReadCartsRequest{Queries: queries, RefusedVariantIds: refused()})
		if err != nil {
			return nil, err
		}
		carts := make([]*rpcv1.Cart, len(res.GetResults()))
		for i, result := range res.GetResults() {
			carts[i] = result.GetCart()
		}
		return carts, nil
	}
	return &cartCalls{Do: read, Max: maxReadCarts, Timeout: readCartsTimeout}
}

package order

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// A cart is sold at most once. A purchase occupies its cart from the moment its
// checkout opens until it ends without a sale; checkouts_one_under_way_per_cart
// holds that for the rows. What a new checkout finds in its way decides:
//
//	the cart's purchase                 a new checkout of the cart
//	----------------------------------- ------------------------------------------
//	OPEN                                cancels it
//	PLACING, unpaid, declined or        cancels it: an authorisation that arrives
//	waiting for the buyer's bank        later is voided, as for any ended order
//	PLACING, the gateway has yet to     does not open; that purchase continues
//	answer, or money is authorised
//	COMPLETED, not yet removed from     does not open: the cart still has the
//	the cart that was read              lines that were bought
//
// A cart that was merged into another one is that cart: its purchases are in
// the way of the other's checkouts, and whoever read it before the merge cannot
// open a checkout of it any more.

// cart identifies a cart for the decision, as it was read from Cart.
type cartState struct {
	id       string
	ownerID  string
	merged   []string // the carts that were merged into it
	replaced []string // orders whose lines were removed from it
}

// ids are the cart and those merged into it.
func (c cartState) ids() []string { return append([]string{c.id}, c.merged...) }

// vacated is what a new checkout replaces.
type vacated struct {
	ended []*Purchase // their stock and money go back once the transaction commits
	order *Order      // that was cancelled; nil if there was none
}

// continuesError reports that the cart's purchase is being paid right now.
type continuesError struct{ checkoutID string }

func (e *continuesError) Error() string {
	return "a purchase of the cart is being paid: " + e.checkoutID
}

// vacate ends the purchases that are in the way of a new checkout, and keeps
// others from opening one until tx ends. It returns a *continuesError if one of
// them must go on instead.
func (s *Service) vacate(ctx context.Context, tx pgx.Tx, cart cartState) (vacated, error) {
	batch := pg.BatchOf(tx)
	batch.QueueQuery(func(e pg.Executor) error {
		return db.New(e).LockCarts(ctx, db.LockCartsParams{OwnerID: cart.ownerID, CartIDs: cart.ids()})
	})
	if len(cart.merged) > 0 {
		batch.QueueQuery(func(e pg.Executor) error {
			return db.New(e).RecordMergedCarts(ctx, db.RecordMergedCartsParams{CartIDs: cart.merged, IntoID: cart.id})
		})
	}
	rows, err := db.New(tx).PurchasesOfCarts(ctx, cart.ids())
	if err != nil {
		return vacated{}, fmt.Errorf("read purchases of cart: %w", err)
	}
	if len(rows) == 0 {
		return vacated{}, nil
	}
	purchases, err := lockedPurchases(ctx, tx, checkoutsRows(rows))
	if err != nil {
		return vacated{}, err
	}
	var v vacated
	for _, l := range purchases {
		switch {
		case l.Checkout.Status == CheckoutCompleted:
			if !slices.Contains(cart.replaced, l.Order.ID) {
				return vacated{}, notReady("order.cart_bought")
			}
		case l.Order == nil:
			if err := s.applyLocked(ctx, l, Fact{Kind: FactCheckoutCancelled}); err != nil {
				return vacated{}, err
			}
			v.ended = append(v.ended, &l.Purchase)
		case l.paymentInProgress():
			return vacated{}, &continuesError{l.Checkout.ID}
		default:
			if err := s.applyLocked(ctx, l, Fact{Kind: FactOrderCancelled, Reason: Replaced, Actor: ByCustomer}); err != nil {
				return vacated{}, err
			}
			v.ended, v.order = append(v.ended, &l.Purchase), l.Order
		}
	}
	return v, nil
}

// paymentInProgress reports whether money may be moving: the gateway has yet
// to answer, or has authorised. Only the buyer's own step, a confirmation at
// their bank, can be abandoned.
func (p *Purchase) paymentInProgress() bool {
	return !p.waitsAt(Placed) || (p.Order.PaymentStatus == PaymentPending && !p.Order.Payment.AwaitsBuyer)
}

func checkoutsRows(rows []db.PurchasesOfCartsRow) []db.CheckoutsRow {
	out := make([]db.CheckoutsRow, len(rows))
	for i, row := range rows {
		out[i] = db.CheckoutsRow(row)
	}
	return out
}

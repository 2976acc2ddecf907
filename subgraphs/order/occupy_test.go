package order_test

import (
	"sync"
	"testing"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// reopen opens another checkout of a cart and settles what that ends.
func reopen(t *testing.T, env *ordertest.Env, cartID string) *order.Checkout {
	t.Helper()
	c, err := env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Key: id.New(id.Event)})
	if err != nil {
		t.Fatalf("open another checkout: %v", err)
	}
	env.Settle(t)
	return c
}

func TestANewCheckoutCancelsTheUnpaidOrderOfItsCart(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{"unpaid": "", "declined": ordertest.TokenDecline, "waiting for the bank": ordertest.Token3DS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := ordertest.New(t)
			first := open(t, env)
			old, err := env.Service.Place(ada(t), placing(first, token))
			if old.Order == nil {
				t.Fatalf("place order: %v", err)
			}
			second := reopen(t, env, first.CartID)
			want(t, "replaced order", second.ReplacedOrderID, old.Order.ID)
			want(t, "continued", second.Continued, false)
			bought := place(t, env, second, ordertest.TokenOK)
			want(t, "second order", bought.Order.Status, order.Confirmed)

			if old.Order.Payment.ID != "" {
				env.Payments.ApproveIfCreated(old.Order.Payment.ID) // the buyer confirms the first one after all
			}
			env.Settle(t)
			cancelled := now(t, env, old.Order)
			want(t, "first order", cancelled.Status, order.Cancelled)
			want(t, "reason", cancelled.Cancelled.Reason, order.Replaced)
			checkFinal(t, env, cancelled)
			checkFinal(t, env, now(t, env, bought.Order))
		})
	}
}

func TestANewCheckoutContinuesAnOrderWhosePaymentIsInProgress(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	first := open(t, env)
	old := place(t, env, first, ordertest.TokenSlow)
	again := reopen(t, env, first.CartID)
	want(t, "continued", again.Continued, true)
	want(t, "checkout", again.ID, first.ID)

	env.Payments.Approve(old.Order.Payment.ID)
	env.Settle(t)
	o := now(t, env, old.Order)
	want(t, "order", o.Status, order.Confirmed)
	checkFinal(t, env, o)
}

func TestACartIsNotSoldAgainBeforeItsLinesAreGone(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	first := open(t, env)
	bought := place(t, env, first, ordertest.TokenOK)
	open := func() error {
		_, err := env.Service.Open(ada(t), order.OpenInput{CartID: first.CartID, Key: id.New(id.Event)})
		return err
	}
	want(t, "code while the cart has the lines", fault.CodeOf(open()), "CART_NOT_READY")
	env.Carts.Change(first.CartID, func(c *rpcv1.Cart) {
		c.ConvertedOrderIds = []string{bought.Order.ID}
		c.Version++
	})
	if err := open(); err != nil {
		t.Errorf("once they are removed: %v", err)
	}
}

func TestAMergedCartAndItsTargetAreOneCart(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	guests := open(t, env)
	old := place(t, env, guests, ordertest.Token3DS)
	account := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 3)
	env.Carts.Change(account, func(c *rpcv1.Cart) { c.MergedCartIds = []string{guests.CartID} })

	second := reopen(t, env, account)
	want(t, "replaced order", second.ReplacedOrderID, old.Order.ID)
	want(t, "guest's order", now(t, env, old.Order).Status, order.Cancelled)

	// Another device read the guest's cart before the merge.
	_, err := env.Service.Open(ada(t), order.OpenInput{CartID: guests.CartID, Key: id.New(id.Event)})
	want(t, "code of the stale cart", fault.CodeOf(err), "CART_NOT_READY")
}

func TestTwoDevicesCannotBuyOneCartTwice(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cartID := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			c, err := env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Key: id.New(id.Event)})
			if err != nil || c.Continued {
				return
			}
			_, _ = env.Service.Place(ada(t), placing(c, ordertest.TokenOK)) // most are replaced by then
		})
	}
	wg.Wait()
	env.Settle(t)
	pages, err := env.Service.OrdersOfUsers(ada(t), []string{ordertest.Ada.ID}, order.Listing{Sort: order.Newest})
	if err != nil {
		t.Fatal(err)
	}
	confirmed := 0
	for _, o := range pages[0].Nodes {
		checkFinal(t, env, o)
		if o.Status == order.Confirmed {
			confirmed++
		}
	}
	if confirmed > 1 {
		t.Errorf("the cart was sold %d times, want once at most", confirmed)
	}
}

package e2e

import "testing"

// BenchmarkCartAdd adds to a cart through the router.
func BenchmarkCartAdd(b *testing.B) {
	s := start(b)
	c, variant := s.guest(b), s.buyable(b, 50)
	cart := c.add(b, variant, 1)
	const clear = `mutation($id: ID!) { cartClear(cartId: $id) { cart { version } } }`
	for b.Loop() {
		c.add(b, variant, 1)
		b.StopTimer()
		c.do(b, clear, vars{"id": cart})
		b.StartTimer()
	}
}

// BenchmarkPlace goes from a cart with one line to an order that is paid,
// through the router.
func BenchmarkPlace(b *testing.B) {
	s := start(b)
	for b.Loop() {
		b.StopTimer()
		c := s.guest(b)
		cart := c.add(b, s.buyable(b, 1), 1)
		b.StartTimer()
		c.await(b, c.place(b, c.checkout(b, cart), "tok_ok").str("order.id"), "CONFIRMED")
	}
}

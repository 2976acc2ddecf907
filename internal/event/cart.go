package event

// CartChanged reports that a cart's lines or context changed.
type CartChanged struct {
	CartID  string `json:"cartId"`
	OwnerID string `json:"ownerId"`
	Version int    `json:"version"`
}

// Type, Topic and Subject make it a Payload.
func (CartChanged) Type() string      { return typeName("cart", "changed") }
func (CartChanged) Topic() Topic      { return Carts }
func (e CartChanged) Subject() string { return e.CartID }

// CartMerged reports that a guest's cart was merged into an account's.
type CartMerged struct {
	CartID     string `json:"cartId"` // the guest's, now closed
	IntoCartID string `json:"intoCartId"`
}

// Type, Topic and Subject make it a Payload.
func (CartMerged) Type() string      { return typeName("cart", "merged") }
func (CartMerged) Topic() Topic      { return Carts }
func (e CartMerged) Subject() string { return e.CartID }

// CartConverted reports that a cart was ordered.
type CartConverted struct {
	CartID  string `json:"cartId"`
	OrderID string `json:"orderId"`
}

// Type, Topic and Subject make it a Payload.
func (CartConverted) Type() string      { return typeName("cart", "converted") }
func (CartConverted) Topic() Topic      { return Carts }
func (e CartConverted) Subject() string { return e.CartID }

// CartAbandoned reports that nobody has changed a cart with lines for some time. It
// happens again when the cart is changed and left once more.
type CartAbandoned struct {
	CartID  string `json:"cartId"`
	OwnerID string `json:"ownerId"` // usr_… or gst_…
}

// Type, Topic and Subject make it a Payload.
func (CartAbandoned) Type() string      { return typeName("cart", "abandoned") }
func (CartAbandoned) Topic() Topic      { return Carts }
func (e CartAbandoned) Subject() string { return e.CartID }

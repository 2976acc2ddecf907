package order

// applyHold applies a fact about the stock. Inventory is the only owner of the
// hold; Hold is our copy, which may lag behind it.
func (t *transition) applyHold(f Fact) {
	switch f.Kind {
	case FactHoldPlaced:
		t.holdPlaced(f)
	case FactHoldExtended:
		t.holdExtended(f)
	case FactHoldRejected:
		if t.moveHold(HoldRejected) {
			t.Checkout.Hold.Shortages = f.Shortages
			t.stockLost()
		}
	case FactHoldExpired:
		if t.moveHold(HoldExpired) {
			t.holdExpired()
		}
	case FactHoldReleased:
		if t.sold() {
			// Taking it over would end the retries that return the stock of a
			// cancelled order, and confirm an order without stock.
			t.Anomaly = "stock was released that is sold"
		} else if t.moveHold(HoldReleased) {
			t.stockLost()
		}
	case FactStockReturned:
		if t.ended() && t.moveHold(HoldReleased) && t.Order != nil {
			t.addEntry(Entry{Kind: EntryStock, TitleKey: "order.timeline.stock_returned"})
		}
	case FactHoldCommitted:
		t.holdCommitted()
	case FactHoldCommitFailed:
		t.commitFailed(f)
	default:
	}
}

// moveHold changes the hold's status if that is a legal move; false if not,
// which means that the fact is a repetition or comes too late.
func (t *transition) moveHold(to HoldStatus) bool {
	from := t.Checkout.Hold.Status
	if from == to || !legal(holdMoves, from, to) {
		return false
	}
	t.Checkout.Hold.Status, t.Changed = to, true
	return true
}

func (t *transition) holdPlaced(f Fact) {
	if !t.moveHold(Held) {
		return
	}
	// Inventory's clock decides when the hold ends, and the quote ends with it.
	if !f.ExpiresAt.IsZero() {
		t.Checkout.Hold.ExpiresAt = f.ExpiresAt
	}
	t.Checkout.Hold.ExtensionsLeft = f.ExtensionsLeft
	if t.ended() { // the hold was placed after the end: release it
		t.publish(t.endEvent())
	}
}

// holdExtended takes over a later end only: two extensions may arrive in the
// wrong order, and the later end is the current one.
func (t *transition) holdExtended(f Fact) {
	h := &t.Checkout.Hold
	if t.ended() || (h.Status != Held && h.Status != HoldPending) || !f.ExpiresAt.After(h.ExpiresAt) {
		return
	}
	*h = Hold{Status: Held, ExpiresAt: f.ExpiresAt, ExtensionsLeft: f.ExtensionsLeft}
	t.Changed = true
}

// holdExpired ends a purchase that still waits for the customer as expired. An
// authorised order has lost its stock instead: the customer did their part.
func (t *transition) holdExpired() {
	switch {
	case t.Checkout.Status == CheckoutOpen:
		t.endCheckout(CheckoutExpired)
	case t.waitsAt(Placed):
		t.endOrder(Expired, PaidTooLate, "", BySystem)
	default:
		t.stockLost()
	}
}

// stockLost cancels a purchase that needs the stock. From STOCK_COMMITTED on
// the stock is sold, and only an end of the order returns it.
func (t *transition) stockLost() {
	switch {
	case t.Checkout.Status == CheckoutOpen:
		t.endCheckout(CheckoutCancelled)
	case t.waitsAt(Placed), t.waitsAt(Authorized):
		t.endOrder(Cancelled, OutOfStock, "", BySystem)
	}
}

func (t *transition) holdCommitted() {
	if !t.moveHold(HoldCommitted) {
		return
	}
	switch {
	case t.waitsAt(Authorized):
		t.Order.Stage = StockCommitted
		t.addEntry(Entry{Kind: EntryStock, TitleKey: "order.timeline.stock_reserved"})
		t.publish(eventCaptureDue)
	case t.ended(): // the commit and the end crossed: return the stock
		t.publish(t.endEvent())
	default:
		t.Anomaly = "stock was committed without a request"
	}
}

// commitFailed cancels the order before any money is captured. Where inventory
// has no such hold, HoldStatus is unknown to holdMoves and the hold keeps its
// status: it may still be placed, and the end must release it then.
func (t *transition) commitFailed(f Fact) {
	if !t.waitsAt(Authorized) {
		return
	}
	t.moveHold(f.HoldStatus)
	t.endOrder(Cancelled, OutOfStock, "", BySystem)
}

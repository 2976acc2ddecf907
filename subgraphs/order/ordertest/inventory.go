package ordertest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Inventory is an inventory worker in memory.
type Inventory struct {
	Down  atomic.Bool // calls fail; events are handled
	topic topic

	mu    sync.Mutex
	stock map[string]int
	holds map[string]*fakeHold
}

type fakeHold struct {
	status     string
	lines      []event.Line
	expires    time.Time
	extensions int
	shortages  []event.Shortage
}

func newInventory() *Inventory {
	return &Inventory{stock: map[string]int{Mug: 1000, Lamp: 1000, Anvil: 1000}, holds: map[string]*fakeHold{}}
}

// SetStock sets the available units of a variant.
func (i *Inventory) SetStock(variant string, n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stock[variant] = n
}

// Stock is the available units of a variant.
func (i *Inventory) Stock(variant string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.stock[variant]
}

// Status is the state of a hold; empty if there is none.
func (i *Inventory) Status(checkoutID string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if h := i.holds[checkoutID]; h != nil {
		return h.status
	}
	return ""
}

// Allocated is how many units of a variant a checkout holds or
// has bought.
func (i *Inventory) Allocated(checkoutID, variant string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := 0
	if h := i.holds[checkoutID]; h != nil && (h.status == "HELD" || h.status == "COMMITTED") {
		for _, l := range h.lines {
			if l.VariantID == variant {
				n += l.Quantity
			}
		}
	}
	return n
}

// Overdue moves the end of a hold into the past; nothing has expired it yet.
func (i *Inventory) Overdue(checkoutID string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if h := i.holds[checkoutID]; h != nil {
		h.expires = time.Now().Add(-time.Second)
	}
}

// Expire ends a hold as the sweeper does.
func (i *Inventory) Expire(checkoutID string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if h := i.holds[checkoutID]; h != nil && h.status == "HELD" {
		i.restock(h, "EXPIRED")
		i.report(checkoutID, h)
	}
}

func (i *Inventory) restock(h *fakeHold, status string) {
	for _, l := range h.lines {
		i.stock[l.VariantID] += l.Quantity
	}
	h.status = status
}

// Handle handles an event.
func (i *Inventory) Handle(e event.Envelope) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch e.Type {
	case event.Type[event.CheckoutOpened]():
		p, _ := event.Decode[event.CheckoutOpened](e)
		i.hold(e.Subject, p.Lines, p.TTLSeconds)
	case event.Type[event.StockCommitDue]():
		i.commit(e.Subject)
	case event.Type[event.CheckoutCancelled](), event.Type[event.CheckoutExpired]():
		i.release(e.Subject)
	case event.Type[event.OrderCancelled](), event.Type[event.OrderExpired]():
		i.undo(e.Subject)
	}
}

// report publishes the state of a hold.
func (i *Inventory) report(checkoutID string, h *fakeHold) {
	switch h.status {
	case "HELD":
		i.topic.publish(event.HoldPlaced{CheckoutID: checkoutID, Lines: h.lines, ExpiresAt: h.expires, ExtensionsLeft: h.extensions})
	case "REJECTED":
		i.topic.publish(event.HoldRejected{CheckoutID: checkoutID, Shortages: h.shortages})
	case "COMMITTED":
		i.topic.publish(event.HoldCommitted{CheckoutID: checkoutID})
	case "RELEASED":
		i.topic.publish(event.HoldReleased{CheckoutID: checkoutID})
	case "EXPIRED":
		i.topic.publish(event.HoldExpired{CheckoutID: checkoutID})
	case "RETURNED":
		i.topic.publish(event.StockReturned{CheckoutID: checkoutID})
	}
}

// hold decides once: a repetition gets the same answer.
func (i *Inventory) hold(checkoutID string, lines []event.Line, ttl int) *fakeHold {
	h := i.holds[checkoutID]
	if h == nil {
		h = &fakeHold{status: "HELD", lines: lines, expires: end(time.Now(), ttl), extensions: 2}
		for _, l := range lines {
			if have := i.stock[l.VariantID]; have < l.Quantity {
				h.status = "REJECTED"
				h.shortages = append(h.shortages, event.Shortage{VariantID: l.VariantID, Requested: l.Quantity, Available: have})
			}
		}
		if h.status == "HELD" {
			for _, l := range lines {
				i.stock[l.VariantID] -= l.Quantity
			}
		}
		i.holds[checkoutID] = h
	}
	i.report(checkoutID, h)
	return h
}

// end is a number of seconds later, as exact as Postgres keeps it.
func end(from time.Time, seconds int) time.Time {
	return from.Add(time.Duration(seconds) * time.Second).Truncate(time.Microsecond)
}

func (h *fakeHold) live() bool { return h.status == "HELD" && time.Now().Before(h.expires) }

// commit commits a live hold and expires one that is overdue.
func (i *Inventory) commit(checkoutID string) *fakeHold {
	h := i.holds[checkoutID]
	switch {
	case h == nil: // nothing is stored: a late request may still hold
		h = &fakeHold{status: "UNKNOWN"}
	case h.live() || h.status == "COMMITTED":
		h.status = "COMMITTED"
		i.report(checkoutID, h)
		return h
	case h.status == "HELD":
		i.restock(h, "EXPIRED")
		i.report(checkoutID, h)
	}
	i.topic.publish(event.HoldCommitFailed{CheckoutID: checkoutID, Status: h.status})
	return h
}

// release restocks what is held. It also releases a hold that was not requested
// yet, so that a late request holds nothing.
func (i *Inventory) release(checkoutID string) *fakeHold {
	h := i.holds[checkoutID]
	if h == nil {
		h = &fakeHold{status: "RELEASED"}
		i.holds[checkoutID] = h
	}
	if h.status == "HELD" {
		i.restock(h, "RELEASED")
	}
	i.report(checkoutID, h)
	return h
}

// undo restocks what is held or committed.
func (i *Inventory) undo(checkoutID string) {
	h := i.holds[checkoutID]
	if h == nil || h.status != "COMMITTED" {
		i.release(checkoutID)
		return
	}
	i.restock(h, "RETURNED")
	i.report(checkoutID, h)
}

func (i *Inventory) respond(checkoutID string, fn func() (*fakeHold, error)) (*rpcv1.HoldResponse, error) {
	if i.Down.Load() {
		return nil, unavailable()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	h, err := fn()
	if err != nil {
		return nil, err
	}
	res := &rpcv1.HoldResponse{CheckoutId: checkoutID, Status: h.status, ExtensionsLeft: int32(h.extensions)}
	if !h.expires.IsZero() {
		res.ExpiresAt = timestamppb.New(h.expires)
	}
	for _, s := range h.shortages {
		res.Shortages = append(res.Shortages, &rpcv1.Shortage{VariantId: s.VariantID, Requested: int32(s.Requested), Available: int32(s.Available)})
	}
	return res, nil
}

// Hold responds as inventory does.
func (i *Inventory) Hold(_ context.Context, req *rpcv1.HoldRequest) (*rpcv1.HoldResponse, error) {
	var lines []event.Line
	for _, l := range req.GetLines() {
		lines = append(lines, event.Line{VariantID: l.GetVariantId(), Quantity: int(l.GetQuantity())})
	}
	return i.respond(req.GetCheckoutId(), func() (*fakeHold, error) {
		return i.hold(req.GetCheckoutId(), lines, int(req.GetTtlSeconds())), nil
	})
}

// Join responds as inventory does where nobody waits: by what is available.
func (i *Inventory) Join(_ context.Context, req *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error) {
	if i.Down.Load() {
		return nil, unavailable()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	res := &rpcv1.JoinResponse{}
	for _, e := range req.GetEntries() {
		result := &rpcv1.JoinResult{}
		for _, l := range e.GetLines() {
			if n := i.stock[l.GetVariantId()]; n < int(l.GetQuantity()) {
				result.Shortages = append(result.Shortages, &rpcv1.Shortage{VariantId: l.GetVariantId(), Requested: l.GetQuantity(), Available: int32(n)})
			}
		}
		res.Results = append(res.Results, result)
	}
	return res, nil
}

// Extend responds as inventory does.
func (i *Inventory) Extend(_ context.Context, req *rpcv1.ExtendRequest) (*rpcv1.HoldResponse, error) {
	return i.respond(req.GetCheckoutId(), func() (*fakeHold, error) {
		h := i.holds[req.GetCheckoutId()]
		switch {
		case h == nil:
			return nil, fault.Localized(fault.NotFound, "inventory.not_reserved")
		case !h.live():
			return nil, fault.Localized(fault.Conflict, "inventory.hold_expired").WithCode("RESERVATION_EXPIRED")
		case h.extensions == 0:
			return nil, fault.Localized(fault.Conflict, "inventory.no_extension_left")
		}
		h.extensions--
		h.expires = end(h.expires, int(req.GetSeconds()))
		i.topic.publish(event.HoldExtended{CheckoutID: req.GetCheckoutId(), ExpiresAt: h.expires, ExtensionsLeft: h.extensions})
		return h, nil
	})
}

// Release responds as inventory does.
func (i *Inventory) Release(_ context.Context, req *rpcv1.ReleaseRequest) (*rpcv1.HoldResponse, error) {
	return i.respond(req.GetCheckoutId(), func() (*fakeHold, error) { return i.release(req.GetCheckoutId()), nil })
}

// Commit responds as inventory does.
func (i *Inventory) Commit(_ context.Context, req *rpcv1.CommitRequest) (*rpcv1.HoldResponse, error) {
	return i.respond(req.GetCheckoutId(), func() (*fakeHold, error) { return i.commit(req.GetCheckoutId()), nil })
}

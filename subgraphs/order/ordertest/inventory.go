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

// Inventory plays the inventory worker.
type Inventory struct {
	Down atomic.Bool // calls fail; events still work
	news news

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

// SetStock says how many of a variant can be had.
func (i *Inventory) SetStock(variant string, n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stock[variant] = n
}

// Stock is how many of a variant can be had.
func (i *Inventory) Stock(variant string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.stock[variant]
}

// Status is how a hold stands; empty if there is none.
func (i *Inventory) Status(checkoutID string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if h := i.holds[checkoutID]; h != nil {
		return h.status
	}
	return ""
}

// Expire ends a hold as the sweeper does.
func (i *Inventory) Expire(checkoutID string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if h := i.holds[checkoutID]; h != nil && h.status == "HELD" {
		i.giveBack(h, "EXPIRED")
		i.news.tell(event.HoldExpired{CheckoutID: checkoutID})
	}
}

func (i *Inventory) giveBack(h *fakeHold, status string) {
	for _, l := range h.lines {
		i.stock[l.VariantID] += l.Quantity
	}
	h.status = status
}

func (i *Inventory) hear(e event.Envelope) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch e.Type {
	case event.Type[event.CheckoutOpened]():
		p, _ := event.Decode[event.CheckoutOpened](e)
		i.hold(e.Subject, p.Lines, p.TTLSeconds)
	case event.Type[event.StockCommitDue]():
		i.commit(e.Subject)
	case event.Type[event.CheckoutCancelled](), event.Type[event.CheckoutExpired](), event.Type[event.OrderCancelled](), event.Type[event.OrderExpired]():
		i.release(e.Subject)
	}
}

func (i *Inventory) hold(checkoutID string, lines []event.Line, ttl int) *fakeHold {
	h := i.holds[checkoutID]
	if h == nil {
		h = &fakeHold{status: "HELD", lines: lines, expires: time.Now().Add(time.Duration(ttl) * time.Second), extensions: 2}
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
	switch h.status {
	case "HELD":
		i.news.tell(event.HoldPlaced{CheckoutID: checkoutID, Lines: h.lines, ExpiresAt: h.expires, ExtensionsLeft: h.extensions})
	case "REJECTED":
		i.news.tell(event.HoldRejected{CheckoutID: checkoutID, Shortages: h.shortages})
	case "EXPIRED":
		i.news.tell(event.HoldExpired{CheckoutID: checkoutID})
	case "RELEASED":
		i.news.tell(event.HoldReleased{CheckoutID: checkoutID})
	}
	return h
}

func (i *Inventory) commit(checkoutID string) *fakeHold {
	h := i.holds[checkoutID]
	switch {
	case h == nil:
		i.news.tell(event.HoldCommitFailed{CheckoutID: checkoutID, Status: "UNKNOWN"})
		return &fakeHold{status: "UNKNOWN"}
	case h.status == "HELD" || h.status == "COMMITTED":
		h.status = "COMMITTED"
		i.news.tell(event.HoldCommitted{CheckoutID: checkoutID})
	default:
		i.news.tell(event.HoldCommitFailed{CheckoutID: checkoutID, Status: h.status})
	}
	return h
}

func (i *Inventory) release(checkoutID string) *fakeHold {
	h := i.holds[checkoutID]
	if h == nil {
		h = &fakeHold{status: "RELEASED"}
		i.holds[checkoutID] = h
	}
	switch h.status {
	case "HELD":
		i.giveBack(h, "RELEASED")
		i.news.tell(event.HoldReleased{CheckoutID: checkoutID})
	case "COMMITTED":
		i.giveBack(h, "RETURNED")
		i.news.tell(event.StockReturned{CheckoutID: checkoutID})
	case "RETURNED":
		i.news.tell(event.StockReturned{CheckoutID: checkoutID})
	case "EXPIRED":
		i.news.tell(event.HoldExpired{CheckoutID: checkoutID})
	default:
		i.news.tell(event.HoldReleased{CheckoutID: checkoutID})
	}
	return h
}

func (i *Inventory) answer(checkoutID string, fn func() *fakeHold) (*rpcv1.HoldResponse, error) {
	if i.Down.Load() {
		return nil, gone()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	h := fn()
	res := &rpcv1.HoldResponse{
		CheckoutId: checkoutID, Status: h.status, ExpiresAt: timestamppb.New(h.expires), ExtensionsLeft: int32(h.extensions),
	}
	for _, s := range h.shortages {
		res.Shortages = append(res.Shortages, &rpcv1.Shortage{VariantId: s.VariantID, Requested: int32(s.Requested), Available: int32(s.Available)})
	}
	return res, nil
}

// Hold answers as inventory does.
func (i *Inventory) Hold(_ context.Context, q *rpcv1.HoldRequest) (*rpcv1.HoldResponse, error) {
	var lines []event.Line
	for _, l := range q.GetLines() {
		lines = append(lines, event.Line{VariantID: l.GetVariantId(), Quantity: int(l.GetQuantity())})
	}
	return i.answer(q.GetCheckoutId(), func() *fakeHold { return i.hold(q.GetCheckoutId(), lines, int(q.GetTtlSeconds())) })
}

// Extend answers as inventory does.
func (i *Inventory) Extend(_ context.Context, q *rpcv1.ExtendRequest) (*rpcv1.HoldResponse, error) {
	i.mu.Lock()
	h := i.holds[q.GetCheckoutId()]
	if h != nil && h.status == "HELD" && h.extensions == 0 {
		i.mu.Unlock()
		return nil, fault.New(fault.Conflict, "This hold cannot be extended any more.")
	}
	if h != nil && h.status == "HELD" && !i.Down.Load() {
		h.extensions--
		h.expires = h.expires.Add(time.Duration(q.GetSeconds()) * time.Second)
		i.news.tell(event.HoldExtended{CheckoutID: q.GetCheckoutId(), ExpiresAt: h.expires, ExtensionsLeft: h.extensions})
	}
	i.mu.Unlock()
	return i.answer(q.GetCheckoutId(), func() *fakeHold { return h })
}

// Release answers as inventory does.
func (i *Inventory) Release(_ context.Context, q *rpcv1.ReleaseRequest) (*rpcv1.HoldResponse, error) {
	return i.answer(q.GetCheckoutId(), func() *fakeHold { return i.release(q.GetCheckoutId()) })
}

// Commit answers as inventory does.
func (i *Inventory) Commit(_ context.Context, q *rpcv1.CommitRequest) (*rpcv1.HoldResponse, error) {
	return i.answer(q.GetCheckoutId(), func() *fakeHold { return i.commit(q.GetCheckoutId()) })
}

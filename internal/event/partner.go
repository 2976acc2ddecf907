package event

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cartograph/internal/auth"
)

// A PartnerEvent is a type of event that webhooks deliver to partners. All other types
// stay within the shop: they request something of another service, or are about
// accounts, carts and staff.
type PartnerEvent struct {
	Payload     // an empty one
	Description string

	// Node is the field of the data with the ID of what the event is about, as node(id:)
	// takes it.
	Node string

	// Scope opens the event; empty: what it reports is public. OwnScope opens it as well,
	// to the customer that it is about.
	Scope, OwnScope string
	// Personal are the fields of the data that only callers who may see the customer
	// get. The first has the ID of the customer.
	Personal []string
}

// customerFields identify the customer of an order.
var customerFields = []string{"ownerId", "email", "name", "locale", "cartId", "cartVersion", "giftCards", "shippingAddress", "billingAddress"}

// PartnerEvents are the types that partners can subscribe to, by name.
var PartnerEvents = sync.OnceValue(func() []PartnerEvent {
	product := func(p Payload, description string) PartnerEvent {
		return PartnerEvent{Payload: p, Description: description, Node: "productId"}
	}
	review := func(p Payload, description string) PartnerEvent {
		return PartnerEvent{Payload: p, Description: description, Node: "reviewId", Personal: []string{"authorId"}}
	}
	order := func(p Payload, description string) PartnerEvent {
		return PartnerEvent{Payload: p, Description: description, Node: "orderId", Scope: "orders:read", OwnScope: "orders:read:own", Personal: customerFields}
	}
	payment := func(p Payload, description string) PartnerEvent {
		return PartnerEvent{Payload: p, Description: description, Node: "paymentId", Scope: "payments:read"}
	}
	types := []PartnerEvent{
		product(ProductPublished{}, "A product can be found and bought."),
		product(ProductChanged{}, "A published product has changed: its texts, variants, prices or pictures. The data is its present state."),
		product(ProductArchived{}, "A product can no longer be found or bought."),
		review(ReviewPublished{}, "Everyone sees a review of a product."),
		review(ReviewWithdrawn{}, "A review of a product no longer counts."),
		{Payload: LevelChanged{}, Description: "The stock of a variant has changed.", Node: "variantId", Scope: "inventory:read"},
		order(OrderPlaced{}, "A customer has placed an order, which is not paid yet."),
		order(OrderConfirmed{}, "An order is paid and its stock is sold."),
		order(OrderPaymentFailed{}, "An attempt to pay an order was declined."),
		order(OrderExpired{}, "An order was not paid in time."),
		order(OrderCancelled{}, "An order was cancelled."),
		order(OrderProcessing{}, "The first parcel of an order is packed."),
		order(OrderShipped{}, "The carrier has a parcel of an order."),
		order(OrderDelivered{}, "A parcel of an order was delivered."),
		order(ReturnRequested{}, "Somebody requests to return units of an order."),
		order(ReturnApproved{}, "Units of an order may be sent back."),
		order(ReturnRejected{}, "Units of an order are not taken back."),
		order(ReturnReceived{}, "Units of an order came back."),
		payment(PaymentAuthorized{}, "The customer's bank has reserved the amount of a payment."),
		payment(PaymentDeclined{}, "A payment was declined."),
		payment(PaymentCaptured{}, "The amount of a payment was captured."),
		payment(PaymentVoided{}, "An authorised payment was released without a capture."),
		payment(RefundSucceeded{}, "An amount was refunded."),
		payment(RefundFailed{}, "A refund was refused."),
		payment(DisputeOpened{}, "A customer disputes a payment through the bank: the gateway has withdrawn the amount."),
		payment(DisputeEvidenceSubmitted{}, "The bank reviews the shop's evidence in a dispute."),
		payment(DisputeWon{}, "The bank decided a dispute for the shop: the amount was returned."),
		payment(DisputeLost{}, "The amount of a dispute stays with the customer."),
	}
	slices.SortFunc(types, func(a, b PartnerEvent) int { return strings.Compare(a.Type(), b.Type()) })
	return types
})

// PersonalFields are the fields of all types that identify a customer.
func PersonalFields() []string {
	var fields []string
	for _, p := range PartnerEvents() {
		fields = append(fields, p.Personal...)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// PartnerEventOf returns the type of the name; false if partners do not get it.
func PartnerEventOf(name string) (PartnerEvent, bool) {
	types := PartnerEvents()
	at, found := slices.BinarySearchFunc(types, name, func(p PartnerEvent, name string) int { return strings.Compare(p.Type(), name) })
	if !found {
		return PartnerEvent{}, false
	}
	return types[at], true
}

// Open reports whether an actor with these scopes can subscribe to the type.
func (p PartnerEvent) Open(a auth.Actor) bool {
	return p.Scope == "" || a.Has(p.Scope) || p.OwnScope != "" && a.Has(p.OwnScope)
}

// ForPartners is the event without what the shop keeps to itself: who caused it and which
// request did.
func (e Envelope) ForPartners() Envelope {
	e.CorrelationID, e.CausationID, e.Actor, e.TraceParent = "", "", "", ""
	return e
}

// Customer is the ID of the customer that an event of the type is about; empty for none.
func (p PartnerEvent) Customer(e Envelope) string {
	if len(p.Personal) == 0 {
		return ""
	}
	return textIn(e, p.Personal[0])
}

// NodeID is the ID of what an event of the type is about.
func (p PartnerEvent) NodeID(e Envelope) string { return textIn(e, p.Node) }

// textIn is a field of the data; empty if it is no text.
func textIn(e Envelope, field string) string {
	var data map[string]json.RawMessage
	var text string
	if json.Unmarshal(e.Data, &data) != nil || json.Unmarshal(data[field], &text) != nil {
		return ""
	}
	return text
}

// Visible is the event for partners as the actor may see it. False if the actor may not
// see it at all.
func (p PartnerEvent) Visible(a auth.Actor, e Envelope) (Envelope, bool) {
	owner := p.Customer(e)
	own := p.OwnScope != "" && a.Has(p.OwnScope) && a.Owns(owner)
	if p.Scope != "" && !a.Has(p.Scope) && !own {
		return e, false
	}
	e = e.ForPartners()
	if len(p.Personal) == 0 || a.MaySeeCustomer(owner) {
		return e, true
	}
	var data map[string]json.RawMessage
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return e, false
	}
	for _, field := range p.Personal {
		delete(data, field)
	}
	reduced, err := json.Marshal(data)
	if err != nil {
		return e, false
	}
	e.Data = reduced
	return e, true
}

//go:embed testdata/*.json
var golden embed.FS

// Sample is an example of the type, as it is on Kafka.
func Sample(name string) (Envelope, error) {
	content, err := golden.ReadFile("testdata/" + name + ".json")
	if err != nil {
		return Envelope{}, fmt.Errorf("sample of %s: %w", name, err)
	}
	return Parse(content)
}

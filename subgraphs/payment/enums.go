package payment

// Values of GraphQL enums that have no other counterpart in this package.

// TransactionKind groups operations for the graph.
type TransactionKind string

// The kinds.
const (
	KindAuthorization TransactionKind = "AUTHORIZATION"
	KindCapture       TransactionKind = "CAPTURE"
	KindVoid          TransactionKind = "VOID"
	KindRefund        TransactionKind = "REFUND"
	KindChargeback    TransactionKind = "CHARGEBACK"
	KindReversal      TransactionKind = "CHARGEBACK_REVERSAL"
)

// Kind is the kind of the transaction's operation.
func (t *Transaction) Kind() TransactionKind {
	switch t.Operation {
	case OpAuthorize, OpConfirm:
		return KindAuthorization
	case OpDispute, OpDisputeLost:
		return KindChargeback
	case OpDisputeWon:
		return KindReversal
	default:
		return TransactionKind(t.Operation)
	}
}

// MethodType is a type of payment method.
type MethodType string

// The types.
const (
	Card       MethodType = "CARD"
	ByGiftCard MethodType = "GIFT_CARD" // nothing but gift cards
)

// Type is the type of the method.
func (m Method) Type() MethodType {
	if m.GiftCard {
		return ByGiftCard
	}
	return Card
}

// ActionKind is a kind of action required of the customer.
type ActionKind string

// ThreeDSecure is the only one.
const ThreeDSecure ActionKind = "THREE_D_SECURE"

// Kind is the kind of the action.
func (NextAction) Kind() ActionKind { return ThreeDSecure }

// Reason is the reason of a refund.
type Reason string

// The reasons.
const (
	CustomerRequest Reason = "CUSTOMER_REQUEST"
	GoodsReturned   Reason = "RETURN"
	OrderCancelled  Reason = "ORDER_CANCELLED"
	OutOfStock      Reason = "OUT_OF_STOCK"
	Duplicate       Reason = "DUPLICATE"
	Fraud           Reason = "FRAUD"
	OtherReason     Reason = "OTHER"
)

// IsNode and IsEntity mark the types that implement the GraphQL interfaces.
func (*Payment) IsNode()   {}
func (*Payment) IsEntity() {}
func (*Refund) IsNode()    {}
func (*Refund) IsEntity()  {}
func (*Dispute) IsNode()   {}
func (*Dispute) IsEntity() {}

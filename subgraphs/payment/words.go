package payment

// The graph's words for what has only one or another name here.

// TransactionKind is what a transaction was about.
type TransactionKind string

// The kinds.
const (
	Authorization TransactionKind = "AUTHORIZATION"
	Capture       TransactionKind = "CAPTURE"
	Void          TransactionKind = "VOID"
	GivingBack    TransactionKind = "REFUND"
	Chargeback    TransactionKind = "CHARGEBACK"
)

// Kind is the operation in the graph's words.
func (t *Transaction) Kind() TransactionKind {
	switch t.Operation {
	case OpAuthorize, OpConfirm:
		return Authorization
	case OpDispute:
		return Chargeback
	default:
		return TransactionKind(t.Operation)
	}
}

// MethodType is what can be paid with.
type MethodType string

// Card is the only one.
const Card MethodType = "CARD"

// Type is what a payment is paid with.
func (Method) Type() MethodType { return Card }

// ActionKind is what a customer has to do.
type ActionKind string

// ThreeDSecure is the only one.
const ThreeDSecure ActionKind = "THREE_D_SECURE"

// Kind is what the customer has to do.
func (NextAction) Kind() ActionKind { return ThreeDSecure }

// Reason is why money goes back.
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

// IsNode and IsEntity make them what the graph can refetch and share.
func (*Payment) IsNode()   {}
func (*Payment) IsEntity() {}
func (*Refund) IsNode()    {}
func (*Refund) IsEntity()  {}

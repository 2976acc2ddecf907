package notification

import "time"

// Topic is the subject of a mail as users choose channels for it: the schema's
// NotificationTopic.
type Topic string

// The topics of mails.
const (
	AboutOrder    Topic = "ORDER"
	AboutPayment  Topic = "PAYMENT"
	AboutSecurity Topic = "SECURITY"
	AboutShipping Topic = "SHIPPING"
	AboutStock    Topic = "STOCK_ALERT"
	AboutPrice    Topic = "PRICE_DROP"
	AboutCart     Topic = "CART_REMINDER"
	AboutReview   Topic = "REVIEW_INVITATION"
	AboutOffers   Topic = "MARKETING"
)

// topic is what a mail of the kind is about.
func (k Kind) topic() Topic {
	switch k {
	case PaymentFailed, PaymentWaiting, OrderRefunded, ReturnRefunded, DisputeOpened, DisputeClosed:
		return AboutPayment
	case SignInsFailed, SignedInOnNewDevice, RegisteredAgain, VerifyEmail, ResetPassword, PasswordChanged, SecondFactorChanged, Welcome, EndpointPaused:
		return AboutSecurity
	case OrderShipped, OrderDelivered:
		return AboutShipping
	case BackInStock:
		return AboutStock
	case PriceDropped:
		return AboutPrice
	case CartReminder:
		return AboutCart
	case ReviewInvitation:
		return AboutReview
	case OrderConfirmed, OrderCancelled, ReturnRequested, ReturnApproved, ReturnRejected:
	}
	return AboutOrder
}

const day = 24 * time.Hour

// A policy is how mails about a topic are delivered.
//
// Mandatory mails are sent whatever the user chose, and so do not wait for the user
// service. All others need its answer. What is not urgent waits for the end of the quiet
// hours, has a link that ends such mails, and is dropped when it is no longer useful.
type policy struct {
	mandatory bool
	urgent    bool
	useful    time.Duration // of what is not urgent
}

func (t Topic) policy() policy {
	switch t {
	case AboutOrder, AboutPayment, AboutSecurity:
		return policy{mandatory: true, urgent: true}
	case AboutShipping:
		return policy{urgent: true}
	case AboutStock, AboutPrice:
		return policy{useful: day}
	case AboutCart:
		return policy{useful: 2 * day}
	case AboutReview, AboutOffers:
	}
	return policy{useful: maxAge}
}

// endable reports whether links that end mails can be about the topic.
func (t Topic) endable() bool {
	switch t {
	case AboutStock, AboutPrice, AboutCart, AboutReview, AboutOffers:
		return true
	case AboutOrder, AboutPayment, AboutSecurity, AboutShipping:
	}
	return false
}

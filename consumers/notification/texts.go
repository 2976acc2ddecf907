package notification

import (
	"fmt"

	"cartograph/internal/decline"
	"cartograph/internal/message"
)

// texts are the content of one kind of mail: keys of sentences, and its colours.
type texts struct {
	subject, heading, intro message.Key
	next                    []message.Key
	action, closing, why    message.Key // closing: empty for none
	look
}

// look is the accent of a mail, with the tint of its head and the symbol on it.
type look struct{ accent, tint, symbol string }

func good(symbol string) look    { return look{"#0f766e", "#dcf2ee", symbol} }
func neutral(symbol string) look { return look{"#475569", "#e8ecf1", symbol} }
func warning() look              { return look{"#b45309", "#fdf1dd", "!"} }

// textsOf chooses the texts of a mail. An unknown kind is an error: a guess
// could send a customer a cancellation that never happened.
func textsOf(m Mail) (texts, error) {
	switch m.Kind {
	case OrderConfirmed, PaymentFailed, PaymentWaiting, OrderCancelled, OrderRefunded, OrderShipped, OrderDelivered,
		ReturnRequested, ReturnApproved, ReturnRejected, ReturnRefunded:
		return orderTexts(m), nil
	case SignInsFailed, SignedInOnNewDevice, RegisteredAgain, VerifyEmail, ResetPassword, PasswordChanged, SecondFactorChanged, Welcome, EndpointPaused:
		return accountTexts(m), nil
	case DisputeOpened, DisputeClosed:
		return disputeTexts(m), nil
	case BackInStock:
		return texts{
			subject: "mail.back_in_stock.subject", heading: "mail.back_in_stock.heading", intro: "mail.back_in_stock.intro",
			next:   []message.Key{"mail.back_in_stock.not_kept", "mail.alert_ended"},
			action: "mail.see_product", why: "mail.why_alert", look: good("✓"),
		}, nil
	case PriceDropped:
		return texts{
			subject: "mail.price_dropped.subject", heading: "mail.price_dropped.heading", intro: "mail.price_dropped.intro",
			next:   []message.Key{"mail.price_dropped.not_kept", "mail.alert_ended"},
			action: "mail.see_product", why: "mail.why_alert", look: good("↓"),
		}, nil
	case ReviewInvitation:
		return texts{
			subject: "mail.review_invitation.subject", heading: "mail.review_invitation.heading", intro: "mail.review_invitation.intro",
			next:   []message.Key{"mail.review_invitation.honest", "mail.review_invitation.once"},
			action: "mail.review_invitation.action", why: "mail.why_order", look: good("★"),
		}, nil
	case CartReminder:
		return texts{
			subject: "mail.cart_reminder.subject", heading: "mail.cart_reminder.heading", intro: "mail.cart_reminder.intro",
			next:   []message.Key{"mail.cart_reminder.not_kept", "mail.cart_reminder.once"},
			action: "mail.see_cart", why: "mail.why_cart", look: good("◷"),
		}, nil
	default:
		return texts{}, fmt.Errorf("no template for a mail of kind %q", m.Kind)
	}
}

// aboutOrder are the texts of a mail about an order, with what follows from it.
func aboutOrder(l look, subject, heading, intro message.Key, next ...message.Key) texts {
	return texts{subject: subject, heading: heading, intro: intro, next: next, action: "mail.see_order", why: "mail.why_order", look: l}
}

func orderTexts(m Mail) texts {
	switch m.Kind {
	case PaymentFailed:
		t := aboutOrder(warning(), "mail.payment_failed.subject", "mail.payment_failed.heading", decline.Key(m.Reason),
			"mail.payment_failed.kept_until", "mail.payment_failed.try_again")
		t.action = "mail.pay_now"
		if m.AttemptsLeft == 0 {
			t.next = []message.Key{"mail.payment_failed.last_attempt", "mail.payment_failed.order_again"}
			t.action = "mail.see_order"
		}
		return t
	case PaymentWaiting:
		t := aboutOrder(warning(), "mail.payment_waiting.subject", "mail.payment_waiting.heading", "mail.payment_waiting.intro",
			"mail.payment_waiting.until", "mail.payment_waiting.done")
		t.action = "mail.payment_waiting.action"
		return t
	case OrderCancelled:
		t := aboutOrder(neutral("×"), "mail.cancelled.subject", "mail.cancelled.heading", cancelReason(m.Reason),
			"mail.cancelled.nothing_due", "mail.cancelled.money_back")
		if m.RefundMinor > 0 {
			t.next = []message.Key{"mail.cancelled.refund", "mail.refunded.banks"}
		}
		return t
	case OrderRefunded:
		return aboutOrder(good("↩"), "mail.refunded.subject", "mail.refunded.heading", "mail.refunded.intro", "mail.refunded.banks")
	case ReturnRequested:
		return aboutOrder(neutral("↩"), "mail.return_requested.subject", "mail.return_requested.heading", "mail.return_requested.intro", "mail.return_requested.wait")
	case ReturnApproved:
		t := aboutOrder(good("↩"), "mail.return_approved.subject", "mail.return_approved.heading", "mail.return_approved.intro",
			"mail.return_approved.label", "mail.return_approved.until", "mail.return_approved.refund")
		t.action = "mail.return_approved.action"
		return t
	case ReturnRejected:
		return aboutOrder(neutral("×"), "mail.return_rejected.subject", "mail.return_rejected.heading", "mail.return_rejected.intro", "mail.return_rejected.because", "mail.return_rejected.keep")
	case ReturnRefunded:
		return aboutOrder(good("↩"), "mail.refunded.subject", "mail.return_refunded.heading", "mail.return_refunded.intro", "mail.refunded.banks")
	case OrderShipped:
		t := aboutOrder(good("→"), "mail.shipped.subject", "mail.shipped.heading", "mail.shipped.intro", "mail.shipped.carrier")
		if m.Tracking != "" {
			t.next = []message.Key{"mail.shipped.number"}
		}
		if m.ActionURL != "" {
			t.action = "mail.shipped.action"
		}
		if !m.Complete {
			t.next = append(t.next, "mail.parcel_more")
		}
		return t
	case OrderDelivered:
		t := aboutOrder(good("✓"), "mail.delivered.subject", "mail.delivered.heading", "mail.delivered.intro", "mail.delivered.missing")
		if !m.Complete {
			t.next = append(t.next, "mail.parcel_more")
		}
		return t
	default:
		t := aboutOrder(good("✓"), "mail.confirmed.subject", "mail.confirmed.heading", "mail.confirmed.intro",
			"mail.confirmed.packing", "mail.confirmed.cancel")
		t.closing = "mail.confirmed.closing"
		return t
	}
}

// cancelReason is the sentence of an order's cancellation reason.
func cancelReason(reason string) message.Key {
	switch reason {
	case "CUSTOMER_REQUEST":
		return "mail.cancelled.customer_request"
	case "OUT_OF_STOCK":
		return "mail.cancelled.out_of_stock"
	case "PAYMENT_FAILED":
		return "mail.cancelled.payment_failed"
	case paymentExpired:
		return "mail.cancelled.payment_expired"
	default:
		return "mail.cancelled.other_reason"
	}
}

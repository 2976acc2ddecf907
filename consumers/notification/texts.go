package notification

import (
	"fmt"

	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/message"
)

// texts are the content of one kind of mail: keys of sentences, and colours.
type texts struct {
	subject, heading, intro message.Key
	next                    []message.Key
	action, closing, why    message.Key // closing: empty for none
	accent, tint, symbol    string
}

// textsOf chooses the texts of a mail. An unknown kind is an error: a guess
// could send a customer a cancellation that never happened.
func textsOf(m Mail) (texts, error) {
	switch m.Kind {
	case OrderConfirmed:
		return texts{
			subject: "mail.confirmed.subject", heading: "mail.confirmed.heading", intro: "mail.confirmed.intro",
			next:   []message.Key{"mail.confirmed.packing", "mail.confirmed.cancel"},
			action: "mail.see_order", closing: "mail.confirmed.closing", why: "mail.why_order",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "✓",
		}, nil
	case PaymentFailed:
		t := texts{
			subject: "mail.payment_failed.subject", heading: "mail.payment_failed.heading", intro: decline.Key(m.Reason),
			next:   []message.Key{"mail.payment_failed.kept_until", "mail.payment_failed.try_again"},
			action: "mail.pay_now", why: "mail.why_order",
			accent: "#b45309", tint: "#fdf1dd", symbol: "!",
		}
		if m.AttemptsLeft == 0 {
			t.next = []message.Key{"mail.payment_failed.last_attempt", "mail.payment_failed.order_again"}
			t.action = "mail.see_order"
		}
		return t, nil
	case PaymentWaiting:
		return texts{
			subject: "mail.payment_waiting.subject", heading: "mail.payment_waiting.heading", intro: "mail.payment_waiting.intro",
			next:   []message.Key{"mail.payment_waiting.until", "mail.payment_waiting.done"},
			action: "mail.payment_waiting.action", why: "mail.why_order",
			accent: "#b45309", tint: "#fdf1dd", symbol: "!",
		}, nil
	case OrderCancelled:
		t := texts{
			subject: "mail.cancelled.subject", heading: "mail.cancelled.heading", intro: cancelReason(m.Reason),
			next:   []message.Key{"mail.cancelled.nothing_due", "mail.cancelled.money_back"},
			action: "mail.see_order", why: "mail.why_order",
			accent: "#475569", tint: "#e8ecf1", symbol: "×",
		}
		if m.RefundMinor > 0 {
			t.next = []message.Key{"mail.cancelled.refund", "mail.refunded.banks"}
		}
		return t, nil
	case OrderRefunded:
		return texts{
			subject: "mail.refunded.subject", heading: "mail.refunded.heading", intro: "mail.refunded.intro",
			next:   []message.Key{"mail.refunded.banks"},
			action: "mail.see_order", why: "mail.why_order",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "↩",
		}, nil
	case OrderShipped:
		t := texts{
			subject: "mail.shipped.subject", heading: "mail.shipped.heading", intro: "mail.shipped.intro",
			next: []message.Key{"mail.shipped.carrier"}, action: "mail.see_order", why: "mail.why_order",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "→",
		}
		if m.Tracking != "" {
			t.next = []message.Key{"mail.shipped.number"}
		}
		if m.ActionURL != "" {
			t.action = "mail.shipped.action"
		}
		if !m.Complete {
			t.next = append(t.next, "mail.shipped.more")
		}
		return t, nil
	case OrderDelivered:
		t := texts{
			subject: "mail.delivered.subject", heading: "mail.delivered.heading", intro: "mail.delivered.intro",
			next: []message.Key{"mail.delivered.missing"}, action: "mail.see_order", why: "mail.why_order",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "✓",
		}
		if !m.Complete {
			t.next = append(t.next, "mail.delivered.more")
		}
		return t, nil
	case Welcome:
		return texts{
			subject: "mail.welcome.subject", heading: "mail.welcome.heading", intro: "mail.welcome.intro",
			next:   []message.Key{"mail.welcome.confirm", "mail.welcome.account", "mail.welcome.stranger"},
			action: "mail.see_account", why: "mail.why_account",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "✓",
		}, nil
	case SignInsFailed:
		return texts{
			subject: "mail.sign_ins_failed.subject", heading: "mail.sign_ins_failed.heading", intro: "mail.sign_ins_failed.intro",
			next:   []message.Key{"mail.sign_ins_failed.slowed", "mail.sign_ins_failed.own", "mail.sign_ins_failed.change"},
			action: "mail.see_account", why: "mail.why_account",
			accent: "#b45309", tint: "#fdf1dd", symbol: "!",
		}, nil
	case SignedInOnNewDevice:
		return texts{
			subject: "mail.new_device.subject", heading: "mail.new_device.heading", intro: "mail.new_device.intro",
			next:   []message.Key{"mail.new_device.own", "mail.new_device.stranger"},
			action: "mail.see_account", why: "mail.why_account",
			accent: "#475569", tint: "#e8ecf1", symbol: "!",
		}, nil
	case RegisteredAgain:
		return texts{
			subject: "mail.registered_again.subject", heading: "mail.registered_again.heading", intro: "mail.registered_again.intro",
			next:   []message.Key{"mail.registered_again.own", "mail.registered_again.stranger"},
			action: "mail.see_account", why: "mail.why_account",
			accent: "#475569", tint: "#e8ecf1", symbol: "@",
		}, nil
	case VerifyEmail:
		return texts{
			subject: "mail.verify_email.subject", heading: "mail.verify_email.heading", intro: "mail.verify_email.intro",
			next:   []message.Key{"mail.verify_email.ends", "mail.verify_email.stranger"},
			action: "mail.verify_email.action", why: "mail.why_account",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "@",
		}, nil
	case ResetPassword:
		return texts{
			subject: "mail.reset_password.subject", heading: "mail.reset_password.heading", intro: "mail.reset_password.intro",
			next:   []message.Key{"mail.reset_password.ends", "mail.reset_password.sessions", "mail.reset_password.stranger"},
			action: "mail.reset_password.action", why: "mail.why_account",
			accent: "#475569", tint: "#e8ecf1", symbol: "↻",
		}, nil
	case PasswordChanged:
		return texts{
			subject: "mail.password_changed.subject", heading: "mail.password_changed.heading", intro: "mail.password_changed.intro",
			next:   []message.Key{"mail.password_changed.own", "mail.password_changed.stranger"},
			action: "mail.see_account", why: "mail.why_account",
			accent: "#475569", tint: "#e8ecf1", symbol: "!",
		}, nil
	case SecondFactorChanged:
		return secondFactorTexts(event.SecondFactorChange(m.Reason)), nil
	case BackInStock:
		return texts{
			subject: "mail.back_in_stock.subject", heading: "mail.back_in_stock.heading", intro: "mail.back_in_stock.intro",
			next:   []message.Key{"mail.back_in_stock.not_kept", "mail.alert_ended"},
			action: "mail.see_product", why: "mail.why_alert",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "✓",
		}, nil
	case PriceDropped:
		return texts{
			subject: "mail.price_dropped.subject", heading: "mail.price_dropped.heading", intro: "mail.price_dropped.intro",
			next:   []message.Key{"mail.price_dropped.not_kept", "mail.alert_ended"},
			action: "mail.see_product", why: "mail.why_alert",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "↓",
		}, nil
	case CartReminder:
		return texts{
			subject: "mail.cart_reminder.subject", heading: "mail.cart_reminder.heading", intro: "mail.cart_reminder.intro",
			next:   []message.Key{"mail.cart_reminder.not_kept", "mail.cart_reminder.once"},
			action: "mail.see_cart", why: "mail.why_cart",
			accent: "#0f766e", tint: "#dcf2ee", symbol: "◷",
		}, nil
	default:
		return texts{}, fmt.Errorf("no template for a mail of kind %q", m.Kind)
	}
}

// secondFactorTexts are those of a change of a second factor.
func secondFactorTexts(change event.SecondFactorChange) texts {
	t := texts{
		subject: "mail.second_factor.enabled_subject", intro: "mail.second_factor.enabled_intro",
		action: "mail.see_account", why: "mail.why_account", accent: "#475569", tint: "#e8ecf1", symbol: "!",
	}
	switch change {
	case event.SecondFactorEnabled:
		t.next = []message.Key{"mail.second_factor.enabled_codes"}
	case event.SecondFactorDisabled:
		t.subject, t.intro = "mail.second_factor.disabled_subject", "mail.second_factor.disabled_intro"
	case event.SecondFactorReset:
		t.subject, t.intro = "mail.second_factor.reset_subject", "mail.second_factor.reset_intro"
		t.next = []message.Key{"mail.second_factor.reset_again"}
	case event.RecoveryCodesReplaced:
		t.subject, t.intro = "mail.second_factor.replaced_subject", "mail.second_factor.replaced_intro"
	case event.RecoveryCodeUsed:
		t.subject, t.intro = "mail.second_factor.used_subject", "mail.second_factor.used_intro"
	}
	t.heading, t.next = t.subject, append(t.next, "mail.second_factor.own", "mail.second_factor.stranger")
	return t
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

package notification

import (
	"fmt"
	"time"

	"cartograph/internal/locale"
)

// messages are the texts of all mails in one language. The comment of a text
// with a % verb names its argument.
type messages struct {
	language       string
	greeting       string // customer's name
	anonymous      string // greeting without a name
	labels         labels
	confirmed      text
	paymentFailed  text
	lastAttempt    text // the payment failed and no attempt is left
	cancelled      text
	declineReasons map[string]string // by decline code; "" is the fallback
	cancelReasons  map[string]string // by cancellation reason; "" is the fallback
	formatTime     func(time.Time) string
}

// text is the content of one kind of mail.
type text struct {
	Subject string // order number
	Heading string
	Intro   string // replaced by the reason where the mail has one
	Next    []string
	Action  string // label of the button
	Closing string
}

// labels are the captions of figures. Each takes the unit price.
type labels struct {
	Order, Quantity, Each, Subtotal, Shipping, Free, Tax, IncludedTax, Total, Next, Team, Why string
}

// messagesFor returns the messages in the language of a locale, English if the
// language is not supported.
func messagesFor(customerLocale string) messages {
	if locale.Language(customerLocale) == "de" {
		return german()
	}
	return english()
}

func english() messages {
	return messages{
		language:  "en",
		greeting:  "Hello %s,",
		anonymous: "Hello,",
		labels: labels{
			Order: "Order", Quantity: "Quantity", Each: "%s each", Subtotal: "Subtotal", Shipping: "Shipping", Free: "Free",
			Tax: "Tax", IncludedTax: "Tax included", Total: "Total", Next: "What happens next",
			Team: "Your Cartograph team",
			Why:  "You receive this mail because you ordered from Cartograph with this address.",
		},
		confirmed: text{
			Subject: "Order %s is confirmed", Heading: "Your order is confirmed",
			Intro: "Thank you for your order. Your payment has arrived and everything you chose is set aside for you.",
			Next: []string{
				"We pack your order now.",
				"Until that begins you can still cancel it, and get all your money back.",
			},
			Action: "See your order", Closing: "Thank you for shopping with us.",
		},
		paymentFailed: text{
			Subject: "Payment for order %s did not work", Heading: "Your payment did not work",
			Next: []string{
				"We keep everything you chose for you until %s.",
				"Please try again until then, perhaps with another card. Attempts left: %d.",
			},
			Action: "Pay now",
		},
		lastAttempt: text{
			Subject: "Payment for order %s did not work", Heading: "Your payment did not work",
			Next: []string{
				"This was the last attempt for this order, so it will end unpaid.",
				"If you still would like what you chose, you find it in your cart: please order again.",
			},
			Action: "See your order",
		},
		cancelled: text{
			Subject: "Order %s is cancelled", Heading: "Your order is cancelled",
			Next: []string{
				"You owe nothing for this order.",
				"If money was taken, all of it goes back the way it came. Banks need up to five working days for that.",
			},
			Action: "See your order",
		},
		declineReasons: map[string]string{
			"":                      "Your bank did not accept the payment.",
			"card_declined":         "Your bank declined the card.",
			"insufficient_funds":    "The card does not have enough funds for this order.",
			"expired_card":          "The card has expired.",
			"authentication_failed": "The payment was not confirmed with your bank.",
		},
		cancelReasons: map[string]string{
			"":                 "Your order was cancelled.",
			"CUSTOMER_REQUEST": "As you asked, your order was cancelled.",
			"OUT_OF_STOCK":     "We are sorry: what you ordered sold out before it could be set aside for you, so your order was cancelled.",
			"PAYMENT_FAILED":   "Your order was cancelled because it could not be paid.",
			"PAYMENT_EXPIRED":  "Your order was not paid in time, so it was cancelled and what you chose can be bought by others again.",
		},
		formatTime: func(t time.Time) string { return t.Format("January 2, 2006, 15:04 MST") },
	}
}

func german() messages {
	return messages{
		language:  "de",
		greeting:  "Guten Tag %s,",
		anonymous: "Guten Tag,",
		labels: labels{
			Order: "Bestellung", Quantity: "Menge", Each: "je %s", Subtotal: "Zwischensumme", Shipping: "Versand", Free: "Kostenlos",
			Tax: "Steuern", IncludedTax: "Enthaltene Steuern", Total: "Gesamtsumme", Next: "So geht es weiter",
			Team: "Ihr Cartograph-Team",
			Why:  "Sie erhalten diese E-Mail, weil Sie mit dieser Adresse bei Cartograph bestellt haben.",
		},
		confirmed: text{
			Subject: "Bestellung %s ist bestätigt", Heading: "Ihre Bestellung ist bestätigt",
			Intro: "vielen Dank für Ihre Bestellung. Ihre Zahlung ist eingegangen, und alles, was Sie gewählt haben, liegt für Sie bereit.",
			Next: []string{
				"Wir packen jetzt Ihre Bestellung.",
				"Solange das nicht begonnen hat, können Sie noch stornieren und erhalten Ihr ganzes Geld zurück.",
			},
			Action: "Bestellung ansehen", Closing: "Vielen Dank für Ihren Einkauf.",
		},
		paymentFailed: text{
			Subject: "Zahlung für Bestellung %s fehlgeschlagen", Heading: "Ihre Zahlung hat nicht geklappt",
			Next: []string{
				"Wir halten alles, was Sie gewählt haben, bis zum %s für Sie bereit.",
				"Bitte versuchen Sie es bis dahin noch einmal, vielleicht mit einer anderen Karte. Verbleibende Versuche: %d.",
			},
			Action: "Jetzt bezahlen",
		},
		lastAttempt: text{
			Subject: "Zahlung für Bestellung %s fehlgeschlagen", Heading: "Ihre Zahlung hat nicht geklappt",
			Next: []string{
				"Dies war der letzte Versuch für diese Bestellung; sie endet daher unbezahlt.",
				"Was Sie gewählt haben, liegt noch in Ihrem Warenkorb: Bitte bestellen Sie einfach neu.",
			},
			Action: "Bestellung ansehen",
		},
		cancelled: text{
			Subject: "Bestellung %s ist storniert", Heading: "Ihre Bestellung ist storniert",
			Next: []string{
				"Sie müssen für diese Bestellung nichts bezahlen.",
				"Wurde schon Geld abgebucht, erhalten Sie es vollständig auf demselben Weg zurück. Banken brauchen dafür bis zu fünf Werktage.",
			},
			Action: "Bestellung ansehen",
		},
		declineReasons: map[string]string{
			"":                      "Ihre Bank hat die Zahlung nicht angenommen.",
			"card_declined":         "Ihre Bank hat die Karte abgelehnt.",
			"insufficient_funds":    "Die Karte ist für diese Bestellung nicht ausreichend gedeckt.",
			"expired_card":          "Die Karte ist abgelaufen.",
			"authentication_failed": "Die Zahlung wurde bei Ihrer Bank nicht bestätigt.",
		},
		cancelReasons: map[string]string{
			"":                 "Ihre Bestellung wurde storniert.",
			"CUSTOMER_REQUEST": "wie gewünscht wurde Ihre Bestellung storniert.",
			"OUT_OF_STOCK":     "es tut uns leid: Was Sie bestellt haben, war ausverkauft, bevor wir es für Sie zurücklegen konnten. Ihre Bestellung wurde daher storniert.",
			"PAYMENT_FAILED":   "Ihre Bestellung wurde storniert, weil sie nicht bezahlt werden konnte.",
			"PAYMENT_EXPIRED":  "Ihre Bestellung wurde nicht rechtzeitig bezahlt und daher storniert. Was Sie gewählt haben, können nun andere kaufen.",
		},
		formatTime: germanTime,
	}
}

func germanTime(t time.Time) string {
	months := [...]string{
		"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
	}
	return fmt.Sprintf("%d. %s %s", t.Day(), months[t.Month()-1], t.Format("2006, 15:04 Uhr MST"))
}

// lookup returns the text of a key, or the fallback under "".
func lookup(texts map[string]string, key string) string {
	if s, ok := texts[key]; ok {
		return s
	}
	return texts[""]
}

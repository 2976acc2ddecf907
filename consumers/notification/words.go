package notification

import (
	"fmt"
	"time"

	"cartograph/internal/locale"
)

// words are what mails say in one language. Those with % take what their
// comment names.
type words struct {
	language string
	greeting string // name
	nameless string // the greeting of someone whose name we do not know
	labels   labels
	confirmed, failed, lastTry,
	cancelled text
	declined map[string]string // by the bank's code; "" for any other
	reasons  map[string]string // by why an order was cancelled; "" for any other
	moment   func(time.Time) string
}

// text is one kind of mail.
type text struct {
	Subject string // order number
	Heading string
	Intro   string // of a confirmed order; others begin with why
	Next    []string
	Action  string // on the button
	Closing string
}

// labels stand beside figures; Each takes the price of one.
type labels struct {
	Order, Quantity, Each, Subtotal, Shipping, Free, Tax, Total, Next, Team, Why string
}

// languageOf is the table to write to a reader of the locale; English where
// there is none of theirs.
func languageOf(readers string) words {
	if locale.Language(readers) == "de" {
		return german()
	}
	return english()
}

func english() words {
	return words{
		language: "en",
		greeting: "Hello %s,",
		nameless: "Hello,",
		labels: labels{
			Order: "Order", Quantity: "Quantity", Each: "%s each", Subtotal: "Subtotal", Shipping: "Shipping", Free: "Free",
			Tax: "Tax", Total: "Total", Next: "What happens next",
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
		failed: text{
			Subject: "Payment for order %s did not work", Heading: "Your payment did not work",
			Next: []string{
				"We keep everything you chose for you until %s.",
				"Please try again until then, perhaps with another card. Attempts left: %d.",
			},
			Action: "Pay now",
		},
		lastTry: text{
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
		declined: map[string]string{
			"":                      "Your bank did not accept the payment.",
			"card_declined":         "Your bank declined the card.",
			"insufficient_funds":    "The card does not have enough funds for this order.",
			"expired_card":          "The card has expired.",
			"authentication_failed": "The payment was not confirmed with your bank.",
		},
		reasons: map[string]string{
			"":                 "Your order was cancelled.",
			"CUSTOMER_REQUEST": "As you asked, your order was cancelled.",
			"OUT_OF_STOCK":     "We are sorry: what you ordered sold out before it could be set aside for you, so your order was cancelled.",
			"PAYMENT_FAILED":   "Your order was cancelled because it could not be paid.",
			"PAYMENT_EXPIRED":  "Your order was not paid in time, so it was cancelled and what you chose can be bought by others again.",
		},
		moment: func(t time.Time) string { return t.Format("January 2, 2006, 15:04 MST") },
	}
}

func german() words {
	return words{
		language: "de",
		greeting: "Guten Tag %s,",
		nameless: "Guten Tag,",
		labels: labels{
			Order: "Bestellung", Quantity: "Menge", Each: "je %s", Subtotal: "Zwischensumme", Shipping: "Versand", Free: "Kostenlos",
			Tax: "Steuern", Total: "Gesamtsumme", Next: "So geht es weiter",
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
		failed: text{
			Subject: "Zahlung für Bestellung %s fehlgeschlagen", Heading: "Ihre Zahlung hat nicht geklappt",
			Next: []string{
				"Wir halten alles, was Sie gewählt haben, bis zum %s für Sie bereit.",
				"Bitte versuchen Sie es bis dahin noch einmal, vielleicht mit einer anderen Karte. Verbleibende Versuche: %d.",
			},
			Action: "Jetzt bezahlen",
		},
		lastTry: text{
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
		declined: map[string]string{
			"":                      "Ihre Bank hat die Zahlung nicht angenommen.",
			"card_declined":         "Ihre Bank hat die Karte abgelehnt.",
			"insufficient_funds":    "Die Karte ist für diese Bestellung nicht ausreichend gedeckt.",
			"expired_card":          "Die Karte ist abgelaufen.",
			"authentication_failed": "Die Zahlung wurde bei Ihrer Bank nicht bestätigt.",
		},
		reasons: map[string]string{
			"":                 "Ihre Bestellung wurde storniert.",
			"CUSTOMER_REQUEST": "wie gewünscht wurde Ihre Bestellung storniert.",
			"OUT_OF_STOCK":     "es tut uns leid: Was Sie bestellt haben, war ausverkauft, bevor wir es für Sie zurücklegen konnten. Ihre Bestellung wurde daher storniert.",
			"PAYMENT_FAILED":   "Ihre Bestellung wurde storniert, weil sie nicht bezahlt werden konnte.",
			"PAYMENT_EXPIRED":  "Ihre Bestellung wurde nicht rechtzeitig bezahlt und daher storniert. Was Sie gewählt haben, können nun andere kaufen.",
		},
		moment: germanMoment,
	}
}

func germanMoment(t time.Time) string {
	months := [...]string{
		"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
	}
	return fmt.Sprintf("%d. %s %s", t.Day(), months[t.Month()-1], t.Format("2006, 15:04 Uhr MST"))
}

// or is the text for a key, or the one for any other.
func or(texts map[string]string, key string) string {
	if s, ok := texts[key]; ok {
		return s
	}
	return texts[""]
}

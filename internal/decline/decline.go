// Package decline has the sentences for why a payment was declined, by the
// code that payments, orders and their events carry.
//
// The gateway's own texts are never shown: they may reveal to a thief why a stolen
// card was declined. For the same reason a code without a sentence of its own,
// such as stolen_card, reads as a plain decline.
package decline

import (
	"context"
	"strings"

	"cartograph/internal/message"
)

// Codes of the payment service, besides the gateway's.
const (
	Voided     = "authorization_voided"
	CardNumber = "card_number_refused"
	Token      = "token_invalid"
	Refund     = "refund_refused"
	GiftCard   = "gift_card_unusable"
)

var keys = map[string]message.Key{
	"card_declined":          "payment.decline.card_declined",
	"insufficient_funds":     "payment.decline.insufficient_funds",
	"authentication_failed":  "payment.decline.authentication_failed",
	"authentication_expired": "payment.decline.authentication_expired",
	"expired_card":           "payment.decline.expired_card",
	"capture_declined":       "payment.decline.capture_declined",
	Voided:                   "payment.decline.authorization_voided",
	CardNumber:               "payment.decline.card_number_refused",
	Token:                    "payment.decline.token_invalid",
	Refund:                   "payment.refund_refused",
	GiftCard:                 "payment.decline.gift_card_unusable",
	"ORDER_NOT_PAYABLE":      "payment.order_not_payable",
	"ORDER_ALREADY_PAID":     "payment.order_already_paid",
	"OPERATION_IN_PROGRESS":  "payment.operation_in_progress",
}

// Key is the key of the sentence for a code.
func Key(code string) message.Key {
	if key, ok := keys[code]; ok {
		return key
	}
	return "payment.decline.declined"
}

// Source is the sentence in the source language, for events and logs, which have no
// reader.
func Source(code string) string { return message.In(message.Languages()[0], Key(code)) }

// Stored is the sentence for what is stored of a failed operation: its code or, by
// versions that had no catalogue, the sentence itself.
func Stored(ctx context.Context, text string) string {
	if strings.Contains(text, " ") {
		return text
	}
	return Text(ctx, text)
}

// Text is the sentence for the reader of ctx.
func Text(ctx context.Context, code string) string { return message.Text(ctx, Key(code)) }

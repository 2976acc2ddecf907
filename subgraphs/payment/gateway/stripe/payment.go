package stripe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"cartograph/internal/money"
	"cartograph/subgraphs/payment/gateway"
)

// paymentOf converts a PaymentIntent with its latest charge.
func paymentOf(intent *api.PaymentIntent) (p gateway.Payment, err error) {
	currency := string(intent.Currency)
	amounts := func(to *money.Money, minor int64) {
		if err == nil {
			*to, err = fromStripe(minor, currency)
		}
	}
	p = gateway.Payment{
		GatewayID: intent.ID, Reference: intent.Metadata[metaReference], OrderID: intent.Metadata[metaOrder],
		CreatedAt: time.Unix(intent.Created, 0), UpdatedAt: time.Unix(intent.Created, 0),
	}
	charge := intent.LatestCharge
	if charge == nil {
		charge = &api.Charge{}
	}
	authorized, captured := int64(0), int64(0)
	switch intent.Status {
	case api.PaymentIntentStatusRequiresAction:
		p.Status = gateway.RequiresAction
		p.Action = &gateway.Action{ExpiresAt: p.CreatedAt.Add(challengeLife)}
		if next := intent.NextAction; next != nil && next.RedirectToURL != nil {
			p.Action.RedirectURL = next.RedirectToURL.URL
		}
	case api.PaymentIntentStatusRequiresPaymentMethod:
		p.Status, p.Decline = gateway.Declined, declineOf(intent.LastPaymentError)
	case api.PaymentIntentStatusRequiresCapture:
		p.Status, authorized = gateway.Authorized, intent.AmountCapturable
	case api.PaymentIntentStatusSucceeded:
		p.Status, authorized, captured = gateway.Captured, cmp.Or(charge.Amount, intent.Amount), intent.AmountReceived
	case api.PaymentIntentStatusCanceled:
		p.Status, authorized = gateway.Voided, charge.Amount
		if charge.Status != api.ChargeStatusSucceeded {
			authorized = 0
		}
	default: // processing, or to be confirmed: it has no outcome yet
		return p, fmt.Errorf("%w: payment intent %s is %s", gateway.ErrUnknown, intent.ID, intent.Status)
	}
	switch {
	case captured > 0 && charge.AmountRefunded >= captured:
		p.Status = gateway.Refunded
	case captured > 0 && charge.AmountRefunded > 0:
		p.Status = gateway.PartiallyRefunded
	}
	amounts(&p.Amount, intent.Amount)
	amounts(&p.Authorized, authorized)
	amounts(&p.Captured, captured)
	amounts(&p.Refunded, min(charge.AmountRefunded, captured))
	p.Card = cardOf(charge)
	if err == nil && (p.GatewayID == "" || p.Reference == "") {
		err = fmt.Errorf("%w: the payment intent %q has no reference", gateway.ErrUnknown, intent.ID)
	}
	return p, err
}

func cardOf(charge *api.Charge) gateway.Card {
	if charge.PaymentMethodDetails == nil || charge.PaymentMethodDetails.Card == nil {
		return gateway.Card{}
	}
	c := charge.PaymentMethodDetails.Card
	return gateway.Card{Brand: string(c.Brand), Last4: c.Last4, ExpMonth: int(c.ExpMonth), ExpYear: int(c.ExpYear)}
}

// declineOf is why the bank declined: its own code, if there is one.
func declineOf(e *api.Error) *gateway.Decline {
	if e == nil {
		return &gateway.Decline{Code: "card_declined"}
	}
	code := cmp.Or(string(e.DeclineCode), string(e.Code), "card_declined")
	if code == "generic_decline" {
		code = "card_declined"
	}
	if e.Code == api.ErrorCodePaymentIntentAuthenticationFailure {
		code = "authentication_failed"
	}
	return &gateway.Decline{Code: code, Message: e.Msg, Retryable: true}
}

const maxDisputes = 100 // of one payment

// disputesOf reads the disputes of a payment, oldest first.
func (s *Stripe) disputesOf(ctx context.Context, gatewayID string) (disputes []gateway.Dispute, err error) {
	q := &api.DisputeListParams{PaymentIntent: &gatewayID}
	q.Limit = api.Int64(maxDisputes)
	for d, err := range s.client.V1Disputes.List(ctx, q).All(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list disputes of %s: %w", gatewayID, failure(err))
		}
		if converted, counts, err := disputeOf(d); err != nil {
			return nil, err
		} else if counts {
			disputes = append(disputes, converted)
		}
		if len(disputes) >= maxDisputes {
			break
		}
	}
	slices.SortStableFunc(disputes, func(a, b gateway.Dispute) int { return a.OpenedAt.Compare(b.OpenedAt) })
	return disputes, nil
}

// disputeOf converts a dispute. An inquiry of the bank does not count, and neither does
// a dispute that was prevented: nothing was withdrawn.
func disputeOf(d *api.Dispute) (out gateway.Dispute, counts bool, err error) {
	out = gateway.Dispute{ID: d.ID, Reason: string(d.Reason), OpenedAt: time.Unix(d.Created, 0)}
	if d.EvidenceDetails != nil && d.EvidenceDetails.DueBy > 0 {
		out.EvidenceDueBy = time.Unix(d.EvidenceDetails.DueBy, 0)
	}
	switch d.Status {
	case api.DisputeStatusNeedsResponse:
		out.Status = gateway.DisputeOpen
	case api.DisputeStatusUnderReview:
		out.Status = gateway.DisputeUnderReview
	case api.DisputeStatusWon:
		out.Status = gateway.DisputeWon
	case api.DisputeStatusLost:
		out.Status = gateway.DisputeLost
	default:
		return gateway.Dispute{}, false, nil
	}
	out.Amount, err = fromStripe(d.Amount, string(d.Currency))
	return out, true, err
}

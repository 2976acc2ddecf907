package gateway

import (
	"fmt"
	"time"

	"cartograph/internal/money"
)

// wirePayment is a payment as the simulator writes it.
type wirePayment struct {
	ID               string `json:"id"`
	Reference        string `json:"reference"`
	OrderID          string `json:"order_id"`
	Status           string `json:"status"`
	Currency         string `json:"currency"`
	Amount           int64  `json:"amount"`
	AmountAuthorized int64  `json:"amount_authorized"`
	AmountCaptured   int64  `json:"amount_captured"`
	AmountRefunded   int64  `json:"amount_refunded"`
	Card             struct {
		Brand    string `json:"brand"`
		Last4    string `json:"last4"`
		ExpMonth int    `json:"exp_month"`
		ExpYear  int    `json:"exp_year"`
	} `json:"card"`
	NextAction *struct {
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expires_at"`
	} `json:"next_action"`
	Failure *struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		Retryable bool   `json:"retryable"`
	} `json:"failure"`
	Dispute *struct {
		ID            string    `json:"id"`
		Reason        string    `json:"reason"`
		Status        string    `json:"status"`
		Amount        int64     `json:"amount"`
		Opened        time.Time `json:"opened"`
		EvidenceDueBy time.Time `json:"evidence_due_by"`
	} `json:"dispute"`
	Refunds []wireRefund `json:"refunds"`
	Version int64        `json:"version"`
	Created time.Time    `json:"created"`
	Updated time.Time    `json:"updated"`
}

type wireRefund struct {
	ID      string    `json:"id"`
	Amount  int64     `json:"amount"`
	Created time.Time `json:"created"`
}

type wireRefundAnswer struct {
	wireRefund
	Payment wirePayment `json:"payment"`
}

func (w wireRefund) details(currency string) RefundDetails {
	return RefundDetails{GatewayID: w.ID, Amount: money.Money{Minor: w.Amount, Currency: currency}, CreatedAt: w.Created}
}

// statuses are the simulator's words for ours.
var statuses = map[string]Status{
	"requires_action":    RequiresAction,
	"authorized":         Authorized,
	"declined":           Declined,
	"captured":           Captured,
	"partially_refunded": PartiallyRefunded,
	"refunded":           Refunded,
	"voided":             Voided,
}

var disputeStatuses = map[string]DisputeStatus{
	"open":         DisputeOpen,
	"under_review": DisputeUnderReview,
	"won":          DisputeWon,
	"lost":         DisputeLost,
}

// made turns an answer into a payment. An answer that contradicts itself is
// rejected: its outcome is unknown.
func made(w wirePayment, err error) (Payment, error) {
	if err != nil {
		return Payment{}, err
	}
	if wrong := w.check(); wrong != "" {
		return Payment{}, fmt.Errorf("%w: the gateway's payment %q %s", ErrUnknown, w.ID, wrong)
	}
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: w.Currency} }
	p := Payment{
		GatewayID: w.ID, Reference: w.Reference, OrderID: w.OrderID, Status: statuses[w.Status],
		Amount: in(w.Amount), Authorized: in(w.AmountAuthorized), Captured: in(w.AmountCaptured), Refunded: in(w.AmountRefunded),
		Card:    Card(w.Card),
		Version: w.Version, CreatedAt: w.Created, UpdatedAt: w.Updated,
	}
	if a := w.NextAction; a != nil {
		p.Action = &Action{a.URL, a.ExpiresAt}
	}
	if f := w.Failure; f != nil {
		p.Decline = &Decline{f.Code, f.Message, f.Retryable}
	}
	if d := w.Dispute; d != nil {
		p.Disputes = []Dispute{{d.ID, disputeStatuses[d.Status], d.Reason, in(d.Amount), d.Opened, d.EvidenceDueBy}}
	}
	for _, r := range w.Refunds {
		p.Refunds = append(p.Refunds, r.details(w.Currency))
	}
	return p, nil
}

// check returns what is wrong with a payment, or nothing.
func (w wirePayment) check() string {
	status := statuses[w.Status]
	switch {
	case w.ID == "" || w.Reference == "":
		return "has no name"
	case status == "":
		return "has the unknown status " + w.Status
	case len(w.Currency) != 3 || w.Amount <= 0:
		return "has no amount"
	case w.AmountRefunded < 0, w.AmountRefunded > w.AmountCaptured, w.AmountCaptured > w.AmountAuthorized, w.AmountAuthorized > w.Amount:
		return "has amounts that exceed each other"
	case status == Authorized && w.AmountAuthorized == 0, status == Captured && w.AmountCaptured == 0:
		return "is " + w.Status + " for nothing"
	case (status == RequiresAction) != (w.NextAction != nil):
		return "has no next action"
	case (status == Declined) != (w.Failure != nil):
		return "has no reason"
	case w.Dispute != nil && (w.Dispute.ID == "" || disputeStatuses[w.Dispute.Status] == "" || w.Dispute.Amount <= 0 || w.Dispute.Amount > w.AmountCaptured):
		return "has a dispute that cannot be"
	}
	return ""
}

package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// maxEvidenceLength is in characters; gateways accept about twice as many.
const maxEvidenceLength = 10_000

// EvidenceRequest is the shop's answer to a dispute.
type EvidenceRequest struct {
	DisputeID      string
	Text           string
	IdempotencyKey string
}

// SubmitEvidence requests that the bank review the shop's evidence, and waits for the
// gateway, for Config.Wait at most. Evidence is submitted once, before its deadline.
func (s *Service) SubmitEvidence(ctx context.Context, r EvidenceRequest) (d *Dispute, replayed bool, err error) {
	if err := cardnumber.Refuse(r.DisputeID, r.Text); err != nil {
		return nil, false, err
	}
	n := utf8.RuneCountInString(r.Text)
	if strings.TrimSpace(r.Text) == "" || n > maxEvidenceLength || strings.ContainsRune(r.Text, 0) {
		return nil, false, fault.Localized(fault.Invalid, "payment.dispute.evidence_length", message.Args{"limit": maxEvidenceLength}).At("input", "text")
	}
	input := map[string]string{"dispute": r.DisputeID, "text": r.Text}
	return s.answerDispute(ctx, answer{
		operation: DisputeEvidence, mutation: "disputeSubmitEvidence", action: audit.DisputeEvidenceSubmitted,
		disputeID: r.DisputeID, evidence: r.Text, key: r.IdempotencyKey, fingerprint: input, path: []string{"input", "disputeId"},
	})
}

// AcceptDispute requests that a dispute end in the customer's favour, and waits for
// the gateway as SubmitEvidence does.
func (s *Service) AcceptDispute(ctx context.Context, disputeID, key string) (d *Dispute, replayed bool, err error) {
	if err := cardnumber.Refuse(disputeID); err != nil {
		return nil, false, err
	}
	return s.answerDispute(ctx, answer{
		operation: DisputeAccept, mutation: "disputeAccept", action: audit.DisputeAccepted,
		disputeID: disputeID, key: key, fingerprint: map[string]string{"dispute": disputeID}, path: []string{"disputeId"},
	})
}

// answer is what staff answer to a dispute.
type answer struct {
	operation           DisputeOperation
	mutation            string // of idempotency keys
	action              audit.Action
	disputeID, evidence string
	key                 string
	fingerprint         map[string]string
	path                []string // of the dispute's id in the input
}

func (s *Service) answerDispute(ctx context.Context, a answer) (d *Dispute, replayed bool, err error) {
	err = s.change(ctx, func(w *writer) error {
		replayed, err = w.answerDispute(ctx, a, s)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	err = s.pollUntil(ctx, a.disputeID, s.cfg.Wait, func(ctx context.Context) (bool, error) {
		found, err := s.DisputesByID(ctx, Everyone, []string{a.disputeID})
		if err != nil {
			return false, err
		}
		d = found[0]
		return d.PendingOperation == DisputeNothing, nil
	})
	return d, replayed, err
}

func (w *writer) answerDispute(ctx context.Context, a answer, s *Service) (replayed bool, err error) {
	earlier, err := idempotency.Claim(ctx, w.tx, auth.From(ctx).ID, a.mutation, a.key, a.fingerprint, a.disputeID)
	if f := fault.Of(err); f != nil {
		f.At(append(slices.Clone(a.path[:len(a.path)-1]), "idempotencyKey")...) //nolint:errcheck // returns f itself
	}
	if err != nil || earlier != "" {
		return true, err
	}
	d, p, err := w.lockDispute(ctx, a.disputeID)
	if f := fault.Of(err); f != nil {
		return false, f.At(a.path...)
	}
	if err != nil {
		return false, err
	}
	late := a.operation == DisputeEvidence && d.EvidenceDueBy != nil && d.EvidenceDueBy.Before(s.now())
	if refusal := d.checkAnswer(late); refusal != nil {
		return false, refusal.At(a.path...)
	}
	w.queue(func(q *db.Queries) error {
		return q.SetDisputeOperation(ctx, db.SetDisputeOperationParams{ID: d.ID, PendingOperation: string(a.operation), Evidence: a.evidence})
	})
	w.hasDisputes, w.changed = true, append(w.changed, d.ID, p.ID)
	return false, w.audit(ctx, a.action, p, audit.Values{"disputeId": d.ID, "status": d.Status}, nil)
}

// checkAnswer returns the reason why a dispute cannot be answered; nil if it can.
func (d Dispute) checkAnswer(late bool) *fault.Error {
	switch {
	case d.Status.Closed():
		return fault.Localized(fault.Conflict, "payment.dispute.closed").WithCode("DISPUTE_CLOSED")
	case d.Status == DisputeUnderReview:
		return fault.Localized(fault.Conflict, "payment.dispute.under_review")
	case d.PendingOperation != DisputeNothing:
		return fault.Localized(fault.Conflict, "payment.dispute.answering").WithCode("OPERATION_IN_PROGRESS")
	case late:
		return fault.Localized(fault.Conflict, "payment.dispute.too_late").WithCode("DISPUTE_CLOSED")
	}
	return nil
}

// lockDispute locks the payment of a dispute, and reads both.
func (w *writer) lockDispute(ctx context.Context, disputeID string) (Dispute, Payment, error) {
	paymentID, err := w.q.PaymentOfDispute(ctx, disputeID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Dispute{}, Payment{}, fault.Localized(fault.NotFound, "payment.dispute.not_found")
	}
	if err != nil {
		return Dispute{}, Payment{}, fmt.Errorf("find dispute %s: %w", disputeID, err)
	}
	p, _, err := w.lock(ctx, paymentID)
	if err != nil {
		return Dispute{}, Payment{}, err
	}
	disputes, err := w.disputesOf(ctx, p)
	if err != nil {
		return Dispute{}, Payment{}, err
	}
	for _, d := range disputes {
		if d.ID == disputeID {
			return d, p, nil
		}
	}
	return Dispute{}, Payment{}, fmt.Errorf("dispute %s is not among those of %s", disputeID, paymentID)
}

// leaseDisputes leases disputes whose pending operation is due.
func (s *Service) leaseDisputes(ctx context.Context, limit int) ([]task, error) {
	rows, err := db.New(s.pool).LeaseDisputes(ctx, db.LeaseDisputesParams{Lease: s.cfg.Lease, MaxRows: int32(limit)}) //nolint:gosec // bounded by Workers
	if err != nil {
		return nil, err
	}
	tasks := make([]task, len(rows))
	for i, row := range rows {
		tasks[i] = func(ctx context.Context) error { return s.executeDispute(ctx, row) }
	}
	return tasks, nil
}

// executeDispute sends the pending operation of a dispute to the gateway and applies
// the outcome. A refusal means that the dispute is in another state than assumed here:
// it is read. If it is still open then, the operation is given up, and staff may answer
// again.
func (s *Service) executeDispute(ctx context.Context, row db.Dispute) error {
	observed, err := s.sendAnswer(ctx, row)
	refusal, refused := errors.AsType[*gateway.RefusedError](err)
	if refused {
		observed, err = s.findDisputed(ctx, row.PaymentID)
	}
	if err == nil {
		stored, cancel := detached(ctx)
		defer cancel()
		_, err = s.apply(stored, row.PaymentID, observed, SourceAPI)
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	switch {
	case err != nil:
		unknownOutcomes.WithLabelValues(row.PendingOperation).Inc()
		s.log.WarnContext(ctx, "gateway outcome unknown, retrying", "operation", row.PendingOperation, "dispute_id", row.ID, "tries", row.Tries, "err", err)
		return db.New(s.pool).PostponeDispute(ctx, db.PostponeDisputeParams{
			ID: row.ID, PendingOperation: row.PendingOperation, Submissions: row.Submissions, Delay: backoff(row.Tries),
		})
	case refused:
		s.log.WarnContext(ctx, "answer to a dispute refused", "operation", row.PendingOperation, "dispute_id", row.ID, "err", refusal)
		err := db.New(s.pool).ClearDisputeOperation(ctx, db.ClearDisputeOperationParams{
			ID: row.ID, PendingOperation: row.PendingOperation, Submissions: row.Submissions,
		})
		s.changes.Notify(row.ID)
		return err
	}
	return nil
}

// findDisputed reads a payment's state at the gateway.
func (s *Service) findDisputed(ctx context.Context, paymentID string) (gateway.Payment, error) {
	found, err := s.PaymentsByID(ctx, Everyone, []string{paymentID})
	if err != nil {
		return gateway.Payment{}, err
	}
	return s.findAtGateway(ctx, paymentID, optional.Value(found[0].GatewayReference))
}

func (s *Service) sendAnswer(ctx context.Context, row db.Dispute) (gateway.Payment, error) {
	sent := key(row.ID, Operation(row.PendingOperation), int(row.Submissions))
	if DisputeOperation(row.PendingOperation) == DisputeAccept {
		return s.gateway.AcceptDispute(ctx, row.GatewayID, sent)
	}
	return s.gateway.SubmitEvidence(ctx, row.GatewayID, row.Evidence, sent)
}

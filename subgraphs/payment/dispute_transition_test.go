package payment

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/subgraphs/payment/gateway"
)

func disputeAt(gatewayID string, status gateway.DisputeStatus, minor int64) gateway.Dispute {
	return gateway.Dispute{ID: gatewayID, Status: status, Amount: usd(minor), Reason: "fraudulent"}
}

// knownDispute is a dispute of 700 in a status.
func knownDispute(gatewayID string, status DisputeStatus, pending DisputeOperation) Dispute {
	return Dispute{ID: "dsp_" + gatewayID, PaymentID: "pay_1", Number: 1, GatewayID: gatewayID, Status: status, Amount: usd(700), PendingOperation: pending}
}

// disputeRow is a step in one line, as row is of a transition.
func disputeRow(s disputeStep) string {
	line := fmt.Sprintf("%s>%s", s.before.Status, s.after.Status)
	if s.payment == nil {
		return line
	}
	var published []string
	for _, e := range s.payment.events() {
		published = append(published, strings.TrimPrefix(fmt.Sprintf("%T", e), "event."))
	}
	return fmt.Sprintf("%s %s>%s %s:%s %d withdrawn:%d %v", line, s.payment.Before.Status, s.payment.After.Status, s.payment.Operation, s.payment.Outcome,
		s.payment.Amount.Minor, s.payment.After.Disputed.Minor, published)
}

func TestTheStepsOfDisputes(t *testing.T) {
	t.Parallel()
	disputedBy := func(minor int64) Payment {
		p := at(Disputed, OpNone)
		p.Disputed = usd(minor)
		return p
	}
	refunded := func(minor int64) Payment {
		p := disputedBy(700)
		p.Refunded = usd(minor)
		return p
	}
	open, reviewed := knownDispute("a", DisputeOpen, DisputeNothing), knownDispute("a", DisputeUnderReview, DisputeNothing)
	const opened = "DISPUTE:PENDING 700 withdrawn:700 [DisputeOpened]"
	const won, lost = "DISPUTE_WON:SUCCEEDED 700 withdrawn:0 [DisputeWon]", "DISPUTE_LOST:SUCCEEDED 700 withdrawn:700 [DisputeLost]"
	for _, c := range []struct {
		claim    string
		from     Payment
		known    []Dispute
		observed []gateway.Dispute
		want     []string
	}{
		{"opened", at(Captured, OpNone), nil, []gateway.Dispute{disputeAt("a", gateway.DisputeOpen, 700)}, []string{">OPEN CAPTURED>DISPUTED " + opened}},
		{"opened after a part was refunded", at(PartiallyRefunded, OpNone), nil, []gateway.Dispute{disputeAt("a", gateway.DisputeOpen, 700)}, []string{">OPEN PARTIALLY_REFUNDED>DISPUTED " + opened}},
		{"opened after a refund", at(Refunded, OpNone), nil, []gateway.Dispute{disputeAt("a", gateway.DisputeOpen, 700)}, []string{">OPEN REFUNDED>DISPUTED " + opened}},
		{"of what was not captured", at(Authorized, OpNone), nil, []gateway.Dispute{disputeAt("a", gateway.DisputeOpen, 700)}, nil},
		{"opened again", disputedBy(700), []Dispute{open}, []gateway.Dispute{disputeAt("a", gateway.DisputeOpen, 700)}, nil},
		{"evidence submitted", disputedBy(700), []Dispute{open}, []gateway.Dispute{disputeAt("a", gateway.DisputeUnderReview, 700)}, []string{"OPEN>UNDER_REVIEW"}},
		{"evidence submitted again", disputedBy(700), []Dispute{reviewed}, []gateway.Dispute{disputeAt("a", gateway.DisputeUnderReview, 700)}, nil},
		{"open, late", disputedBy(700), []Dispute{reviewed}, []gateway.Dispute{disputeAt("a", gateway.DisputeOpen, 700)}, nil},
		{"won", disputedBy(700), []Dispute{reviewed}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{"UNDER_REVIEW>WON DISPUTED>CAPTURED " + won}},
		{"won without a review", disputedBy(700), []Dispute{open}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{"OPEN>WON DISPUTED>CAPTURED " + won}},
		{"won, a part was refunded", refunded(300), []Dispute{open}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{"OPEN>WON DISPUTED>PARTIALLY_REFUNDED " + won}},
		{"won, all was refunded", refunded(1000), []Dispute{open}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{"OPEN>WON DISPUTED>REFUNDED " + won}},
		{"lost", disputedBy(700), []Dispute{reviewed}, []gateway.Dispute{disputeAt("a", gateway.DisputeLost, 700)}, []string{"UNDER_REVIEW>LOST DISPUTED>CHARGED_BACK " + lost}},
		{"accepted", disputedBy(700), []Dispute{knownDispute("a", DisputeOpen, DisputeAccept)}, []gateway.Dispute{disputeAt("a", gateway.DisputeLost, 700)}, []string{"OPEN>ACCEPTED DISPUTED>CHARGED_BACK " + lost}},
		{"won before it was seen", at(Captured, OpNone), nil, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{">OPEN CAPTURED>DISPUTED " + opened, "OPEN>WON DISPUTED>CAPTURED " + won}},
		{"won, another is open", disputedBy(1000), []Dispute{open, knownDispute("b", DisputeOpen, DisputeNothing)}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{"OPEN>WON DISPUTED>DISPUTED DISPUTE_WON:SUCCEEDED 700 withdrawn:300 [DisputeWon]"}},
		{"won, another was lost", disputedBy(1400), []Dispute{open, knownDispute("b", DisputeLost, DisputeNothing)}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, []string{"OPEN>WON DISPUTED>CHARGED_BACK DISPUTE_WON:SUCCEEDED 700 withdrawn:700 [DisputeWon]"}},
		{"decided otherwise, later", at(ChargedBack, OpNone), []Dispute{knownDispute("a", DisputeLost, DisputeNothing)}, []gateway.Dispute{disputeAt("a", gateway.DisputeWon, 700)}, nil},
	} {
		var got []string
		for _, step := range c.from.disputeSteps(c.known, c.observed) {
			got = append(got, disputeRow(step))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
	}
}

// TestDisputesEndAlikeInAnyOrder observes two disputes of a payment in any order, with
// repetitions, and then their end.
func TestDisputesEndAlikeInAnyOrder(t *testing.T) {
	t.Parallel()
	statuses := []gateway.DisputeStatus{gateway.DisputeOpen, gateway.DisputeUnderReview}
	ends := []gateway.DisputeStatus{gateway.DisputeWon, gateway.DisputeLost}
	rapid.Check(t, func(t *rapid.T) {
		ended := []gateway.Dispute{
			disputeAt("a", rapid.SampledFrom(ends).Draw(t, "a"), 400),
			disputeAt("b", rapid.SampledFrom(ends).Draw(t, "b"), 300),
		}
		p := at(Captured, OpNone)
		var known []Dispute
		observe := func(seen []gateway.Dispute) {
			for _, step := range p.disputeSteps(known, seen) {
				if i := indexOfDispute(known, step.after.GatewayID); i >= 0 {
					known[i] = step.after
				} else {
					known = append(known, step.after)
				}
				if step.payment != nil {
					var sum int64
					for _, side := range second(step.payment.journal()) {
						sum += side.minor
					}
					if before := step.payment.Before; before.Status != p.Status || sum != 0 ||
						before.Status != step.payment.After.Status && !before.Status.MayBecome(step.payment.After.Status) {
						t.Fatalf("a step leads from %s (%s) to %s, its journal adds up to %d", before.Status, p.Status, step.payment.After.Status, sum)
					}
					p = step.payment.After
				}
				checkDisputed(t, p, known)
			}
		}
		for range rapid.IntRange(0, 6).Draw(t, "observations") {
			var seen []gateway.Dispute
			for _, d := range ended {
				if rapid.Bool().Draw(t, "shown") {
					d.Status = rapid.SampledFrom(append(slices.Clone(statuses), d.Status)).Draw(t, "status")
					seen = append(seen, d)
				}
			}
			observe(seen)
		}
		observe(ended)
		observe(ended)
		want := int64(0)
		for _, d := range ended {
			if d.Status == gateway.DisputeLost {
				want += d.Amount.Minor
			}
		}
		if status := map[bool]Status{true: ChargedBack, false: Captured}[want > 0]; p.Status != status || p.Disputed.Minor > 700 {
			t.Fatalf("the payment ends as %s with %d withdrawn, want %s with %d", p.Status, p.Disputed.Minor, status, want)
		}
	})
}

func second[A, B any](_ A, b B) B { return b }

// checkDisputed checks that a payment has withdrawn what its open and lost disputes
// are about, and that its status says so.
func checkDisputed(t *rapid.T, p Payment, disputes []Dispute) {
	var open, withdrawn int64
	for _, d := range disputes {
		if !d.Status.Closed() {
			open++
		}
		if d.Status != DisputeWon {
			withdrawn += d.Amount.Minor
		}
	}
	if p.Disputed.Minor != withdrawn || (p.Status == Disputed) != (open > 0) || (p.Status == ChargedBack) != (open == 0 && withdrawn > 0) {
		t.Fatalf("the payment is %s with %s withdrawn for %+v", p.Status, p.Disputed, disputes)
	}
}

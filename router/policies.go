package router

import (
	"context"
	"fmt"

	"cartograph/router/execute"
	"cartograph/router/plan"
)

// grant asks which of the policies that an operation's fields are bound by
// hold for its caller. Where nobody can tell none does, and an answer that
// names others than were asked for grants nothing by them.
func (o *operations) grant(ctx context.Context, op *plan.Operation, session *execute.Session) error {
	if len(op.Policies) == 0 || o.config.Policies == nil {
		return nil
	}
	granted, err := o.config.Policies(ctx, session.Caller(), op.Policies)
	if err != nil {
		return fmt.Errorf("policies of operation %q: %w", op.Name, err)
	}
	session.GrantPolicies(granted)
	return nil
}

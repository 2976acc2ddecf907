package router

import (
	"context"
	"fmt"

	"cartograph/router/execute"
	"cartograph/router/plan"
)

// grant calls Config.Policies for those of an operation's fields that
// hold for its caller. Without that function none does, and an answer that
// names others than were requested grants nothing by them.
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

package router

import (
	"context"
	"math"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/transport"
)

// CostLimits bound the cost of one client request, all operations of a batch
// together. Zero is no limit.
type CostLimits struct {
	Anonymous int // guests too: anybody can become one
	SignedIn  int // users and API clients
}

// DefaultCostLimits suit a graph whose lists declare @listSize. Without it every
// list counts as ten items, and harmless pages cost thousands.
func DefaultCostLimits() CostLimits { return CostLimits{Anonymous: 1000, SignedIn: 5000} }

// Admit decides whether a caller may run operations and charges their cost. A
// request that exceeds the cost limit is not charged: it used nothing.
func (o *operations) Admit(ctx context.Context, caller auth.Caller, ops ...*plan.Operation) (transport.Allowance, error) {
	usage := ratelimit.Usage{}
	for _, op := range ops {
		if op.IsIntrospection() && o.config.IntrospectionSignedIn && !caller.SignedIn() {
			return transport.Allowance{}, plan.IntrospectionDisabled()
		}
		usage.Cost = min(usage.Cost+op.Cost, math.MaxInt32)
		usage.Fields = append(usage.Fields, op.RootFields...)
	}
	if err := o.config.Cost.check(caller, usage.Cost); err != nil {
		return transport.Allowance{}, err
	}
	if o.config.Rate == nil {
		return transport.Allowance{}, nil
	}
	return o.charge(ctx, o.config.Rate.Takes(caller, usage))
}

// of returns the limit for a caller's request.
func (l CostLimits) of(caller auth.Caller) int {
	if caller.SignedIn() {
		return l.SignedIn
	}
	return l.Anonymous
}

func (l CostLimits) check(caller auth.Caller, cost int) error {
	limit := l.of(caller)
	if limit == 0 || cost <= limit {
		return nil
	}
	return gqlerr.New(gqlerr.CostExceeded, "The request costs %d, the limit is %d.", cost, limit).
		With("limit", limit).With("actual", cost)
}

// charge takes from all buckets or from none. The rate limit headers describe
// the first, the caller's own.
func (o *operations) charge(ctx context.Context, takes []ratelimit.Take) (transport.Allowance, error) {
	decision := o.limiter.Take(ctx, takes...)
	own := decision.States[0]
	allowance := transport.Allowance{Limit: takes[0].Rate.Burst, Remaining: own.Remaining, Reset: own.Reset}
	if decision.Allowed {
		return allowance, nil
	}
	exhausted := takes[decision.Exhausted]
	message := "Rate limit exceeded. Try again later."
	if exhausted.Field != "" {
		message = "Rate limit of " + exhausted.Field + " exceeded. Try again later."
	}
	err := gqlerr.New(gqlerr.RateLimited, "%s", message).
		With("retryAfter", int(math.Ceil(decision.RetryAfter.Seconds()))).With("limit", exhausted.Rate.Burst)
	if exhausted.Field != "" {
		err = err.With("field", exhausted.Field)
	}
	return allowance, err
}

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

// CostLimits bound what one client request may cost, all operations of a batch
// together. Zero is no limit.
type CostLimits struct {
	Anonymous int // guests too: anybody can be one
	SignedIn  int // users and API clients
}

// DefaultCostLimits fit a graph whose lists say how long they are. Of one that
// does not, every list is taken for ten, and harmless pages cost thousands.
func DefaultCostLimits() CostLimits { return CostLimits{Anonymous: 1000, SignedIn: 5000} }

// Admit decides whether a caller may run operations, and charges for them. What
// is refused for its cost is not charged.
func (o *operations) Admit(ctx context.Context, caller auth.Caller, ops ...*plan.Operation) (transport.Allowance, error) {
	spending := ratelimit.Spending{}
	for _, op := range ops {
		if op.IsIntrospection() && o.config.IntrospectionSignedIn && !caller.SignedIn() {
			return transport.Allowance{}, plan.IntrospectionDisabled()
		}
		spending.Cost = min(spending.Cost+op.Cost, math.MaxInt32)
		spending.Fields = append(spending.Fields, op.RootFields...)
	}
	if err := o.config.Cost.check(caller, spending.Cost); err != nil {
		return transport.Allowance{}, err
	}
	if o.config.Rate == nil {
		return transport.Allowance{}, nil
	}
	return o.charge(ctx, o.config.Rate.Takes(caller, spending))
}

// of is the limit of a caller's requests.
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
	return gqlerr.New(gqlerr.CostExceeded, "The request costs too much: %d, and at most %d is allowed.", cost, limit).
		With("limit", limit).With("actual", cost)
}

// charge takes from all buckets or from none. The first is the caller's own:
// it is what clients are told of.
func (o *operations) charge(ctx context.Context, takes []ratelimit.Take) (transport.Allowance, error) {
	decision := o.limiter.Take(ctx, takes...)
	own := decision.States[0]
	allowance := transport.Allowance{Limit: takes[0].Rate.Burst, Remaining: own.Remaining, Reset: own.Reset}
	if decision.Allowed {
		return allowance, nil
	}
	short := takes[decision.Short]
	what := "too much"
	if short.Field != "" {
		what = short.Field + " too often"
	}
	err := gqlerr.New(gqlerr.RateLimited, "You asked %s. Try again later.", what).
		With("retryAfter", int(math.Ceil(decision.Retry.Seconds()))).With("limit", short.Rate.Burst)
	if short.Field != "" {
		err = err.With("field", short.Field)
	}
	return allowance, err
}

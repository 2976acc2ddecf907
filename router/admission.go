package router

import (
	"cmp"
	"context"
	"errors"
	"math"
	"strings"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/transport"
)

// CostLimits bound the cost of one client request, all operations of a batch
// together. Zero is no limit.
type CostLimits struct {
	Anonymous int // guests too: every client can become one
	SignedIn  int // users and API clients
}

// DefaultCostLimits suit a graph whose lists declare @listSize. Without it every
// list counts as ten items, and harmless pages cost thousands.
func DefaultCostLimits() CostLimits { return CostLimits{Anonymous: 1000, SignedIn: 5000} }

// Charge reserves the price of a request in this process, before anything of it is
// parsed. Admit takes it from the buckets that all routers share, in one round trip
// with the cost.
func (o *operations) Charge(_ context.Context, caller auth.Caller, operations, bytes int) (price int, err error) {
	if o.config.Rate == nil {
		return 0, nil
	}
	price = o.config.Rate.Price(operations, bytes)
	takes := o.config.Rate.Reservation(caller, price)
	if len(takes) == 0 {
		return price, nil
	}
	if decision := o.limiter.Reserve(takes...); !decision.Allowed {
		return 0, exhausted(takes, decision)
	}
	return price, nil
}

// Admit decides whether a caller may run operations and charges their cost. A
// request that exceeds the cost limit is charged its price alone: it used nothing
// else.
func (o *operations) Admit(ctx context.Context, caller auth.Caller, price int, ops ...*plan.Operation) (transport.Allowance, error) {
	usage := ratelimit.Usage{Price: price}
	var refused error
	for _, op := range ops {
		if op.IsIntrospection() && o.config.IntrospectionSignedIn && !caller.SignedIn() {
			refused = plan.IntrospectionDisabled()
		}
		usage.Cost = min(usage.Cost+op.Cost, math.MaxInt32)
		usage.Fields = append(usage.Fields, op.RootFields...)
	}
	if refused == nil {
		refused = o.withPlan(ctx, o.config.Cost.check(caller, usage.Cost, ops), ops)
	}
	if refused != nil {
		usage.Cost, usage.Fields = 0, nil
	}
	if o.config.Rate == nil || usage.Price == 0 && (refused != nil || len(ops) == 0) {
		return transport.Allowance{}, refused
	}
	allowance, err := o.charge(ctx, o.config.Rate.Takes(caller, usage))
	return allowance, cmp.Or(err, refused)
}

// withPlan adds the plan to the refusal of an operation whose client requested it.
func (o *operations) withPlan(ctx context.Context, refused error, ops []*plan.Operation) error {
	refusal, ok := errors.AsType[*gqlerr.Error](refused)
	if ok && len(ops) == 1 && extrasOf(transport.RequestHeader(ctx), o.config.Explain).Plan {
		return refusal.With("plan", ops[0].Tree())
	}
	return refused
}

// of returns the limit for a caller's request.
func (l CostLimits) of(caller auth.Caller) int {
	if caller.SignedIn() {
		return l.SignedIn
	}
	return l.Anonymous
}

// lowest is the lowest limit of any caller, 0 without limits.
func (l CostLimits) lowest() int {
	if l.Anonymous == 0 || l.SignedIn == 0 {
		return max(l.Anonymous, l.SignedIn)
	}
	return min(l.Anonymous, l.SignedIn)
}

func (l CostLimits) check(caller auth.Caller, actual int, ops []*plan.Operation) error {
	limit := l.of(caller)
	if limit == 0 || actual <= limit {
		return nil
	}
	return gqlerr.New(gqlerr.CostExceeded, "The request costs %d, the limit is %d.", actual, limit).
		With("limit", limit).With("actual", actual).
		With("cost", cost{Estimate: actual, Limit: limit, Paths: dearest(ops)})
}

// dearest returns the paths that add most to a refused request's cost. In a batch,
// an operation that is allowed alone stands as a whole.
func dearest(ops []*plan.Operation) []plan.PathCost {
	var paths []plan.PathCost
	for _, op := range ops {
		if len(op.Dearest) > 0 {
			paths = append(paths, op.Dearest...)
			continue
		}
		paths = append(paths, plan.PathCost{
			Path: strings.Join(op.RootFields, ", "), Cost: op.Cost, Change: "Send fewer operations in one batch.",
		})
	}
	return plan.Dearest(paths)
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
	return allowance, exhausted(takes, decision)
}

// exhausted is the refusal of a caller whose bucket holds too little.
func exhausted(takes []ratelimit.Take, decision ratelimit.Decision) error {
	bucket := takes[decision.Exhausted]
	message := "Rate limit exceeded. Try again later."
	if bucket.Field != "" {
		message = "Rate limit of " + bucket.Field + " exceeded. Try again later."
	}
	err := gqlerr.New(gqlerr.RateLimited, "%s", message).
		With("retryAfter", int(math.Ceil(decision.RetryAfter.Seconds()))).With("limit", bucket.Rate.Burst)
	if bucket.Field != "" {
		err = err.With("field", bucket.Field)
	}
	return err
}

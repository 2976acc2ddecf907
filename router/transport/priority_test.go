package transport

import (
	"context"
	"testing"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

func TestAnOperationsPriorityFollowsFromItsRootFields(t *testing.T) {
	t.Parallel()
	o := Options{Priorities: map[string]Priority{"orderPlace": Highest, "cartLinesAdd": High, "search": Low, "guestCreate": Lowest}}
	query := func(fields ...string) *plan.Operation { return &plan.Operation{Kind: plan.Query, RootFields: fields} }
	mutation := func(fields ...string) *plan.Operation {
		return &plan.Operation{Kind: plan.Mutation, RootFields: fields}
	}
	for _, c := range []struct {
		ops  []*plan.Operation
		want Priority
	}{
		{[]*plan.Operation{query("product")}, Normal},
		{[]*plan.Operation{query("product", "search")}, Low},
		{[]*plan.Operation{query("search", "product")}, Low},
		{[]*plan.Operation{mutation("cartLinesAdd", "orderPlace")}, Highest},
		{[]*plan.Operation{mutation("orderPlace", "guestCreate")}, Highest},
		{[]*plan.Operation{mutation("guestCreate")}, Lowest},
		{[]*plan.Operation{mutation("orderPlace"), query("search")}, Low},
		{[]*plan.Operation{mutation("orderPlace"), mutation("cartLinesAdd")}, High},
		{[]*plan.Operation{query()}, Normal},
	} {
		if got := o.priorityOf(c.ops); got != c.want {
			t.Errorf("%v has the priority %v, want %v", c.ops, got, c.want)
		}
	}
}

func TestOnlyTheTimeOfWholeWorkIsAMeasureOfTheLoad(t *testing.T) {
	t.Parallel()
	left, leave := context.WithCancel(t.Context())
	leave()
	late, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	for name, c := range map[string]struct {
		ctx    context.Context //nolint:containedctx // of one case
		answer execute.Response
		want   bool
	}{
		"an answer":             {t.Context(), execute.Response{Fetches: 1}, true},
		"a timeout":             {late, execute.Response{Fetches: 2, Code: gqlerr.Timeout}, true},
		"an error of the work":  {t.Context(), execute.Response{Fetches: 1, Code: gqlerr.Forbidden}, true},
		"a subgraph is away":    {t.Context(), execute.Response{Fetches: 2, Code: gqlerr.SubgraphUnavailable}, false},
		"nothing was requested": {t.Context(), execute.Response{}, false},
		"the client has left":   {left, execute.Response{Fetches: 1}, false},
	} {
		if got := isMeasure(c.ctx, c.answer); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestPrioritiesAreReadByName(t *testing.T) {
	t.Parallel()
	for p := Highest; p <= Lowest; p++ {
		text, err := p.MarshalText()
		var got Priority
		if err != nil || got.UnmarshalText(text) != nil || got != p {
			t.Errorf("%s becomes %v (%v)", text, got, err)
		}
	}
	if err := new(Priority).UnmarshalText([]byte("urgent")); err == nil {
		t.Error("an unknown name is accepted")
	}
}

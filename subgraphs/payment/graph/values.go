package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/graph/gen"
)

const defaultPage = 20

// viewer restricts reads to what the caller may see.
func viewer(ctx context.Context) payment.Viewer { return payment.ViewerOf(auth.From(ctx).Actor) }

func orderIDs(orders []*gen.Order) []string {
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}

// byOrder returns the list of each id; an empty one, never nil, which GraphQL
// would show as null.
func byOrder[T any](ids []string, found map[string][]T) [][]T {
	groups := make([][]T, len(ids))
	for i, id := range ids {
		groups[i] = append([]T{}, found[id]...)
	}
	return groups
}

// nonNil replaces nil lists by empty ones.
func nonNil[T any](lists [][]T) [][]T {
	for i, list := range lists {
		if list == nil {
			lists[i] = []T{}
		}
	}
	return lists
}

func linesOf(in []*gen.RefundLineInput) []payment.LineUnits {
	var lines []payment.LineUnits
	for _, l := range in {
		lines = append(lines, payment.LineUnits{OrderLineID: l.OrderLineID, Units: l.Quantity})
	}
	return lines
}

// totalOf reads the fields of the order subgraph that @requires names.
func totalOf(id string, requires map[string]any) (payment.Total, error) {
	minor, err := subgraph.UnmarshalLong(requires["totalMinor"])
	if err != nil {
		return payment.Total{}, fmt.Errorf("totalMinor of %s: %w", id, err)
	}
	currency, err := subgraph.UnmarshalCurrencyCode(requires["currencyCode"])
	if err != nil {
		return payment.Total{}, fmt.Errorf("currencyCode of %s: %w", id, err)
	}
	return payment.Total{OrderID: id, Amount: money.Money{Minor: minor, Currency: currency}}, nil
}

func moneyOf(input graphql.Omittable[*gen.MoneyInput]) (*money.Money, error) {
	in := input.Value()
	if in == nil {
		return nil, nil
	}
	amount, err := money.Parse(in.Amount, in.CurrencyCode)
	if f := fault.Of(err); f != nil {
		return nil, f.At("input", "amount")
	}
	return &amount, err
}

func filterOf(f *gen.PaymentFilter) payment.Filter {
	if f == nil {
		return payment.Filter{}
	}
	return payment.Filter{
		Statuses: f.Status.Value(), OrderID: optional.Value(f.OrderID.Value()),
		CreatedAfter: f.CreatedAfter.Value(), CreatedBefore: f.CreatedBefore.Value(),
	}
}

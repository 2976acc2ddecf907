package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/auth"
	"cartograph/internal/money"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/graph/gen"
)

const defaultPage = 20

// viewer is whose payments the caller may see.
func viewer(ctx context.Context) payment.Viewer { return payment.ViewerOf(auth.From(ctx).Actor) }

func orderIDs(orders []*gen.Order) []string {
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}

// grouped puts what was found into the order of the ids; never null.
func grouped[T any](ids []string, found map[string][]T) [][]T {
	groups := make([][]T, len(ids))
	for i, id := range ids {
		groups[i] = append([]T{}, found[id]...)
	}
	return groups
}

// neverNull makes empty lists of those that are null.
func neverNull[T any](lists [][]T) [][]T {
	for i, list := range lists {
		if list == nil {
			lists[i] = []T{}
		}
	}
	return lists
}

// totalOf reads what the router brings along from the order subgraph.
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

func moneyOf(given graphql.Omittable[*gen.MoneyInput]) (*money.Money, error) {
	in := given.Value()
	if in == nil {
		return nil, nil
	}
	amount, err := money.Parse(in.Amount, in.CurrencyCode)
	if err != nil {
		return nil, err
	}
	return &amount, nil
}

func valueOf[T any](given graphql.Omittable[*T]) (value T) {
	if p := given.Value(); p != nil {
		value = *p
	}
	return value
}

func filterOf(f *gen.PaymentFilter) payment.Filter {
	if f == nil {
		return payment.Filter{}
	}
	return payment.Filter{
		Statuses: f.Status.Value(), OrderID: valueOf(f.OrderID),
		CreatedAfter: f.CreatedAfter.Value(), CreatedBefore: f.CreatedBefore.Value(),
	}
}

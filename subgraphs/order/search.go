package order

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/order/db"
)

// A trigram index finds texts by three characters or more; with fewer, a search would
// read the text of every order.
const minSearch = 3

// Search returns a page of everybody's orders; nil for callers who may not read them.
// E-mail addresses and names are searched only for those who may see them: whether an
// order is found must not reveal whose it is.
func (s *Service) Search(ctx context.Context, l Listing) (*Page, error) {
	caller := auth.From(ctx)
	if everyones, _ := readScope(caller); !everyones {
		return nil, nil
	}
	first, err := subgraph.First(l.First, defaultPage)
	if err != nil {
		return nil, err
	}
	if err := l.prepare(minSearch); err != nil {
		return nil, err
	}
	l.Filter.Customers = caller.Has("customers:read")
	after, err := l.position()
	if err != nil {
		return nil, err
	}
	var all []*Order
	err = s.search(ctx, func(q *db.Queries) error {
		rows, err := q.PageOfOrders(ctx, db.OrderPage{Filter: l.Filter, Limit: first + 1, Sort: string(l.Sort), After: after})
		for _, row := range rows {
			o, err := orderOf(row)
			if err != nil {
				return err
			}
			all = append(all, o)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return l.page(all, first, after != nil), nil
}

// prepare refuses a filter that cannot be searched for.
func (l *Listing) prepare(shortest int) error {
	f := &l.Filter
	f.Query, f.SKU = strings.TrimSpace(f.Query), strings.TrimSpace(f.SKU)
	switch {
	case !printable(f.Query, maxText), !printable(f.SKU, maxText):
		return fault.Localized(fault.Invalid, "order.query_limit", message.Args{"limit": maxText})
	case f.Query != "" && utf8.RuneCountInString(f.Query) < shortest:
		return fault.Localized(fault.Invalid, "order.query_too_short", message.Args{"least": shortest})
	case f.MinTotal != nil && f.MaxTotal != nil && f.MinTotal.Currency != f.MaxTotal.Currency:
		return fault.Localized(fault.Invalid, "order.totals_of_one_currency")
	}
	f.Number = numberText(f.Query)
	if len(f.Number) < shortest {
		f.Number = ""
	}
	return nil
}

// search runs a query whose best plan depends on its values: a page of delivered
// orders is read by their date, one of the few that await payment by their status.
// Other statements are planned once; see pg.Open.
func (s *Service) search(ctx context.Context, query func(*db.Queries) error) error {
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL plan_cache_mode = force_custom_plan"); err != nil {
			return err
		}
		return query(db.New(tx))
	})
	if err != nil {
		return fmt.Errorf("search orders: %w", err)
	}
	return nil
}

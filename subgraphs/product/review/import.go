package review

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/db"
)

// Draft is a published review to import, with what it depends on.
type Draft struct {
	ID, ProductID        string
	AuthorID, AuthorName string
	Text                 Text
	Locale               string
	OrderID              string   // of the author's purchase; empty without one
	HelpfulTo            []string // the IDs of those who found it helpful
	CreatedAt            time.Time
}

// ImportOnce stores reviews of products that exist, unless reviews of this name were
// imported before, also by another process at this moment.
func (s *Service) ImportOnce(ctx context.Context, name string, drafts []Draft) error {
	rows := make([]db.ReviewImport, len(drafts))
	for i, d := range drafts {
		text, err := d.Text.cleaned()
		if err != nil {
			return wrap("import review "+d.ID, err)
		}
		rows[i] = db.ReviewImport{
			ID: d.ID, ProductID: d.ProductID, AuthorID: d.AuthorID, AuthorName: d.AuthorName, Rating: text.Rating, Title: text.Title, Body: text.Body,
			Locale: d.Locale, OrderID: d.OrderID, HelpfulTo: append([]string{}, d.HelpfulTo...), CreatedAt: d.CreatedAt.UTC(),
		}
	}
	return wrap("import reviews", s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockInitialData(ctx, name); err != nil {
			return err
		}
		if done, err := q.HasInitialData(ctx, name); err != nil || done {
			return err
		}
		rated, err := q.ImportReviews(ctx, rows)
		if err != nil {
			return err
		}
		if err := q.MarkInitialData(ctx, name); err != nil {
			return err
		}
		slices.Sort(rated)
		return product.Republish(ctx, tx, slices.Compact(rated)...)
	}))
}

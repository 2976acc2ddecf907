package product

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/search"
	"cartograph/subgraphs/product/db"
)

// unpublishable is why a product cannot be sold, or nil: it needs variants, each with
// a price in the currency that stands in for every other.
func unpublishable(p *db.Snapshot) *fault.Error {
	if len(p.Variants) == 0 {
		return fault.Localized(fault.Conflict, "product.needs_variants")
	}
	for _, v := range p.Variants {
		if !v.PricedIn(search.FallbackCurrency) {
			return fault.Localized(fault.Conflict, "product.needs_price", message.Args{"sku": v.SKU, "currency": search.FallbackCurrency})
		}
	}
	return nil
}

// Publish puts a product up for sale, now or at a time; nil is now. It replaces a time
// that was set before, and can take up an archived product again. A product that is
// published already stays so.
func (s *Service) Publish(ctx context.Context, productID string, at *time.Time) (*Product, error) {
	err := s.changeOne(ctx, productID, nil, nil, func(tx pgx.Tx, p db.Product) (*edit, error) {
		q := db.New(tx)
		now, err := q.DatabaseTime(ctx)
		if err != nil || Status(p.Status) == Published {
			return nil, err
		}
		rows, err := q.Snapshots(ctx, []string{p.ID})
		if err != nil {
			return nil, err
		}
		if problem := unpublishable(&rows[0]); problem != nil {
			return nil, problem.At("id")
		}
		to := db.SetPublicationParams{ID: p.ID, Status: string(Published)}
		if at != nil && at.After(now) {
			if at.After(now.Add(longestSchedule)) {
				return nil, tooFarAhead().At("at")
			}
			to.Status, to.PublishAt = p.Status, new(at.UTC())
			if p.PublishAt != nil && p.PublishAt.Equal(*at) {
				return nil, nil
			}
		}
		return &edit{action: audit.ProductPublished, before: publicationValues(p.Status, p.PublishAt), after: publicationValues(to.Status, to.PublishAt)}, q.SetPublication(ctx, to)
	})
	return s.written(ctx, productID, "publish "+productID, err)
}

// Archive ends the sale of a product, or cancels its publication at a later time. An
// archived product stays readable in the orders that have it. What was never published
// cannot be archived, as that would show it to everybody.
func (s *Service) Archive(ctx context.Context, productID string) (*Product, error) {
	err := s.changeOne(ctx, productID, nil, nil, func(tx pgx.Tx, p db.Product) (*edit, error) {
		to := db.SetPublicationParams{ID: p.ID, Status: string(Archived)}
		switch Status(p.Status) {
		case Archived:
			if p.PublishAt == nil {
				return nil, nil
			}
		case Unpublished:
			if p.PublishAt == nil {
				return nil, neverPublished().At("id")
			}
			to.Status = string(Unpublished)
		case Published:
		}
		return &edit{action: audit.ProductArchived, before: publicationValues(p.Status, p.PublishAt), after: publicationValues(to.Status, nil)}, db.New(tx).SetPublication(ctx, to)
	})
	return s.written(ctx, productID, "archive "+productID, err)
}

func neverPublished() *fault.Error { return fault.Localized(fault.Conflict, "product.never_published") }

func publicationValues(status string, at *time.Time) audit.Values {
	values := audit.Values{"status": status}
	if at != nil {
		values["publishAt"] = at.UTC()
	}
	return values
}

const (
	// scheduleInterval bounds how late what is scheduled takes effect.
	scheduleInterval = 300 * time.Millisecond
	scheduleBatch    = 50 // products in one transaction
)

// RunSchedule publishes products and changes prices at their times, until ctx ends. Any
// number of replicas may run it: what is due is taken under the products' locks, in the
// transaction that carries it out. The time is that of the database.
func (s *Service) RunSchedule(ctx context.Context) error {
	ctx = auth.With(ctx, auth.Caller{Actor: auth.Actor{Kind: auth.Service, ID: "product"}})
	ticker := time.NewTicker(scheduleInterval)
	defer ticker.Stop()
	for {
		n, err := s.ApplySchedule(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "schedule of the catalogue not carried out, retrying", "err", err)
		}
		if err == nil && n == scheduleBatch {
			continue // there may be more
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// ApplySchedule carries out what is due of some products, and returns of how many.
func (s *Service) ApplySchedule(ctx context.Context) (products int, err error) {
	ids, err := db.New(s.pool).DueProducts(ctx, scheduleBatch)
	if err != nil || len(ids) == 0 {
		return 0, wrap("look for what is due", err)
	}
	err = s.change(ctx, ids, nil, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
		q := db.New(tx)
		at, err := q.DatabaseTime(ctx)
		if err != nil {
			return nil, err
		}
		edits, err := applyPrices(ctx, q, ids, nil, at)
		if err != nil {
			return nil, err
		}
		published, err := s.publishDue(ctx, q, locked, at)
		return append(edits, published...), err
	})
	return len(ids), wrap("carry out the schedule", err)
}

func (s *Service) publishDue(ctx context.Context, q *db.Queries, locked []db.Product, at time.Time) ([]edit, error) {
	rows, err := q.Snapshots(ctx, idsOfProducts(locked))
	if err != nil {
		return nil, err
	}
	var edits []edit
	for i, p := range locked { // both by id
		if p.PublishAt == nil || p.PublishAt.After(at) {
			continue
		}
		to := db.SetPublicationParams{ID: p.ID, Status: string(Published)}
		if problem := unpublishable(&rows[i]); problem != nil { // its variants were removed since
			s.log.WarnContext(ctx, "product not published at its time", "product_id", p.ID, "reason", problem.Message)
			to.Status = p.Status
		}
		if err := q.SetPublication(ctx, to); err != nil {
			return nil, err
		}
		edits = append(edits, edit{productID: p.ID})
	}
	return edits, nil
}

package product

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

// editor is whose products a caller may change.
type editor struct {
	sellerID string // empty for staff of the shop
	all      bool   // those of every seller, and the shop's own
}

// editorOf is the editor that a caller is. A caller without an ID could be taken for
// the seller of the shop's own products, whose seller ID is empty.
func editorOf(ctx context.Context) (editor, error) {
	switch caller := auth.From(ctx); {
	case caller.Kind == auth.Service || caller.Has("catalog:manage"):
		return editor{all: true}, nil
	case caller.ID == "":
		return editor{}, fault.Localized(fault.Unauthenticated, "common.sign_in")
	default:
		return editor{sellerID: caller.ID}, nil
	}
}

// maySeeDraft reports whether the caller may see a product before it is published:
// whoever may change it.
func maySeeDraft(ctx context.Context, p *Product) bool {
	by, err := editorOf(ctx)
	return err == nil && (by.all || auth.From(ctx).Has("catalog:write") && by.sellerID == p.SellerID)
}

func unknownProduct() *fault.Error { return fault.Localized(fault.NotFound, "product.unknown_product") }

// edit is what changed of a product.
type edit struct {
	productID     string
	action        audit.Action
	before, after audit.Values
	internal      bool // nothing that readers of the product see: it keeps its version
}

// change is how products are changed: in one transaction with their rows locked, their
// next versions, the events that report them and the audit log.
//
// It locks those of the ids that the caller may change; one that is missing, or another
// seller's, is NOT_FOUND. apply changes them and returns what differs now; the others
// keep their versions and are not reported. Categories and brands are locked before
// products, in prepare, which may be nil.
func (s *Service) change(ctx context.Context, ids []string, prepare func(pgx.Tx) error, apply func(pgx.Tx, []db.Product) ([]edit, error)) error {
	by, err := editorOf(ctx)
	if err != nil {
		return err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(storable(ids))))
	return s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if prepare != nil {
			if err := prepare(tx); err != nil {
				return err
			}
		}
		locked, err := db.New(tx).LockProducts(ctx, db.LockProductsParams{IDs: ids, OfAllSellers: by.all, SellerID: by.sellerID})
		if err != nil {
			return wrap("lock products", err)
		}
		if len(locked) < max(len(ids), 1) {
			return unknownProduct().At("id")
		}
		before := statusesOf(locked)
		edits, err := apply(tx, locked)
		if err != nil {
			return err
		}
		entries, err := s.entriesOf(ctx, edits)
		if err != nil {
			return err
		}
		var changed []string
		for _, e := range edits {
			if !e.internal {
				changed = append(changed, e.productID)
			}
		}
		return publishNext(ctx, tx, before, changed, entries...)
	})
}

// changeOne is change for one product, that fails if it has another version than
// expected; nil expects none. apply returns nil if nothing changed.
func (s *Service) changeOne(ctx context.Context, id string, expectedVersion *int, prepare func(pgx.Tx) error, apply func(pgx.Tx, db.Product) (*edit, error)) error {
	return s.change(ctx, []string{id}, prepare, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
		p := locked[0]
		if expectedVersion != nil && int64(*expectedVersion) != p.Version {
			return nil, fault.Localized(fault.Conflict, "product.version_changed", message.Args{"version": p.Version}).At("expectedVersion")
		}
		e, err := apply(tx, p)
		if err != nil || e == nil {
			return nil, err
		}
		e.productID = id
		return []edit{*e}, nil
	})
}

// entriesOf are the entries of edits in the audit log: none where the shop makes them by
// itself, at the time that someone set before.
func (s *Service) entriesOf(ctx context.Context, edits []edit) ([]event.Payload, error) {
	if who := auth.From(ctx).Accountable(); who.Kind == auth.Service {
		return nil, nil
	}
	var entries []event.Payload
	for _, e := range edits {
		if e.action == "" { // part of an action that has an entry of its own
			continue
		}
		entry, err := audit.Entry(ctx, s.now(), e.action, e.productID, e.before, e.after)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// Republish gives products their next versions and reports them, after something that
// their snapshots contain has changed in tx: the name of a brand, an average rating. It
// takes two statements and one for the events, however many products they are.
func Republish(ctx context.Context, tx pgx.Tx, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	locked, err := db.New(tx).LockProducts(ctx, db.LockProductsParams{IDs: ids, OfAllSellers: true})
	if err != nil {
		return wrap("lock products", err)
	}
	return publishNext(ctx, tx, statusesOf(locked), ids)
}

func statusesOf(products []db.Product) map[string]Status {
	statuses := make(map[string]Status, len(products))
	for _, p := range products {
		statuses[p.ID] = Status(p.Status)
	}
	return statuses
}

// publishNext expects the products locked, with the statuses that they had then.
func publishNext(ctx context.Context, tx pgx.Tx, before map[string]Status, ids []string, entries ...event.Payload) error {
	if len(ids) == 0 {
		return outbox.Write(ctx, tx, entries...)
	}
	rows, err := db.New(tx).NextVersions(ctx, ids)
	if err != nil {
		return wrap("read changed products", err)
	}
	return publish(ctx, tx, before, rows, entries...)
}

func publish(ctx context.Context, tx pgx.Tx, before map[string]Status, rows []db.Snapshot, entries ...event.Payload) error {
	events := make([]event.Payload, 0, len(rows)+len(entries))
	for i := range rows {
		if e := eventOf(before[rows[i].ID], &rows[i]); e != nil {
			events = append(events, e)
		}
	}
	return outbox.Write(ctx, tx, append(events, entries...)...)
}

package product

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"math/rand/v2"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/pg"
	"cartograph/internal/productfile"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

// FileImport is how ImportFile works.
type FileImport struct {
	DryRun         bool   // check and count, and write nothing
	OnlyKnown      bool   // refuse categories and brands that do not exist, in place of creating them
	DeleteVariants bool   // delete the variants of a product of the file that the file does not list
	Seller         string // the ID of who sells new products of which the file names no seller; empty: the shop

	// Sellers returns the IDs of accounts by the e-mail addresses and IDs given,
	// without those that do not exist.
	Sellers func(ctx context.Context, names []string) (map[string]string, error)
	// Receive books first deliveries. A variant that ever had one keeps its stock.
	Receive func(ctx context.Context, delivery []event.Line) error
	// Pictures imports those that the file gives by addresses and paths; nil refuses them.
	Pictures *media.Importer
	// Refused is called with each product that is not imported, and why.
	Refused func(*productfile.LineError)
	// Progress is called after each batch.
	Progress func(FileResult)
}

// FileResult counts the products of a file.
type FileResult struct{ Created, Changed, Unchanged, Refused int }

// Products are all that were read.
func (r FileResult) Products() int { return r.Created + r.Changed + r.Unchanged + r.Refused }

// ImportFile writes the products of a file to the catalogue and publishes an event
// for each that changed. A product is found by its ID, its slug or the SKUs of its
// variants, and what the file does not give of it stays as it is. So importing a
// file again changes and publishes nothing, and completes an import that failed.
//
// A product is imported as a whole or not at all; one that is refused does not keep
// the others out. Categories and brands that are missing are created. An error ends
// the import: the products before it are imported.
func (s *Service) ImportFile(ctx context.Context, products iter.Seq2[productfile.Product, error], how FileImport) (FileResult, error) {
	imp := fileImporter{Service: s, FileImport: how, sellers: map[string]string{}, seed: maphash.MakeSeed(), slugs: map[uint64]uint64{}}
	var err error
	if imp.taxonomy, err = readTaxonomy(ctx, db.New(s.pool)); err != nil {
		return imp.result, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := readAhead(ctx, products)
	for reading := true; reading; {
		select {
		case batch, ok := <-batches:
			if reading = ok; !ok {
				break
			}
			if err := imp.importBatch(ctx, batch); err != nil {
				return imp.result, err
			}
			if how.Progress != nil {
				how.Progress(imp.result)
			}
		case <-ctx.Done(): // also while the next batch is read
			return imp.result, context.Cause(ctx)
		}
	}
	if err := ctx.Err(); err != nil {
		return imp.result, err
	}
	if imp.result.Created+imp.result.Changed == 0 || how.DryRun {
		return imp.result, nil
	}
	return imp.result, s.Analyze(ctx)
}

// parsed is a product of a file, or why it cannot be read.
type parsed struct {
	product productfile.Product
	err     error
}

// readAhead reads batches, one of which is read while another is written. It ends with
// ctx, once the read that is under way returns.
func readAhead(ctx context.Context, products iter.Seq2[productfile.Product, error]) <-chan []parsed {
	batches := make(chan []parsed, 1)
	go func() {
		defer close(batches)
		var batch []parsed
		size := 0
		send := func() bool {
			select {
			case batches <- batch:
				batch, size = nil, 0
				return true
			case <-ctx.Done():
				return false
			}
		}
		for p, err := range products {
			batch, size = append(batch, parsed{p, err}), size+p.Size
			if (len(batch) == importBatch || size >= importBatchBytes) && !send() {
				return
			}
		}
		if len(batch) > 0 {
			send()
		}
	}()
	return batches
}

type fileImporter struct {
	*Service
	FileImport
	taxonomy *taxonomy
	sellers  map[string]string // IDs by what the file calls them
	seed     maphash.Seed
	slugs    map[uint64]uint64       // hashes: slugs that the file gives, by the ID of the product
	pictures map[string]media.Result // of the batch, by their places
	result   FileResult
}

func (imp *fileImporter) refuse(line int, err error) {
	imp.result.Refused++
	if imp.Refused != nil {
		imp.Refused(&productfile.LineError{Line: line, Err: err})
	}
}

// importBatch imports what could be read of a batch, and returns the error that ended
// the reading, if one did.
func (imp *fileImporter) importBatch(ctx context.Context, batch []parsed) error {
	var products []productfile.Product
	var end error
	for _, p := range batch {
		if unreadable, ok := errors.AsType[*productfile.LineError](p.err); ok {
			imp.refuse(unreadable.Line, unreadable.Err)
		} else if end = p.err; end == nil {
			products = append(products, p.product)
		}
	}
	// Pictures are fetched before any transaction.
	if err := imp.importPictures(ctx, products); err != nil {
		return err
	}
	return errors.Join(imp.importProducts(ctx, products), end)
}

// importAttempts is how often a product is read and written again that others change in
// between, and importBackoff the longest first wait, which doubles.
const (
	importAttempts = 10
	importBackoff  = 5 * time.Millisecond
)

func (imp *fileImporter) importProducts(ctx context.Context, products []productfile.Product) error {
	err := imp.importTogether(ctx, products)
	if err == nil || !isContested(err) {
		return err
	}
	// One of them is at fault: each alone, the others are imported.
	for _, p := range products {
		for attempt := range importAttempts {
			if err = imp.importTogether(ctx, []productfile.Product{p}); !errors.Is(err, errChanged) && (attempt > 0 || !isContested(err)) {
				break
			}
			if !wakeup.Sleep(ctx, rand.N(importBackoff<<attempt)) {
				return ctx.Err()
			}
		}
		if err != nil && isContested(err) {
			imp.refuse(p.Line, plainConflict(err))
		} else if err != nil {
			return err
		}
	}
	return nil
}

// errChanged reports that products changed after they were read.
var errChanged = errors.New("the product is changed by others at this moment")

// isContested reports whether an import can succeed after the catalogue is read
// again, or fails because of one product.
func isContested(err error) bool { return errors.Is(err, errChanged) || pg.IsDataFault(err) }

func plainConflict(err error) error {
	switch {
	case pg.IsUnique(err, "products_slug_is_unique"):
		return errors.New("another product has the slug")
	case pg.IsUnique(err, "variants_sku_is_unique"):
		return errors.New("another product has one of the SKUs")
	case pg.IsUnique(err, "variants_options_are_unique"):
		return errors.New("two variants have the same options")
	case errors.Is(err, errChanged):
		return errChanged
	default:
		return errors.New("it breaks a rule of the catalogue: " + cmp.Or(pg.ConstraintOf(err), "a value cannot be stored"))
	}
}

// importTogether imports products in one transaction. It counts and refuses nothing
// unless that succeeds.
func (imp *fileImporter) importTogether(ctx context.Context, products []productfile.Product) error {
	if len(products) == 0 {
		return nil
	}
	candidates, err := imp.resolve(ctx, products)
	if err != nil {
		return err
	}
	var changes []*candidate
	var delivery []event.Line
	for _, c := range candidates {
		if c.err == nil {
			delivery = append(delivery, c.delivery...)
			if c.differs() {
				changes = append(changes, c)
			}
		}
	}
	if !imp.DryRun {
		drafts := make([]storedDraft, len(changes))
		for i, c := range changes {
			drafts[i] = c.storedDraft
		}
		if err := imp.storeDrafts(ctx, drafts); err != nil {
			return err
		}
		if imp.Receive != nil && len(delivery) > 0 {
			if err := imp.Receive(ctx, delivery); err != nil {
				return fmt.Errorf("receive stock: %w", err)
			}
		}
	}
	for _, c := range candidates {
		switch {
		case c.err != nil:
			imp.refuse(c.err.Line, c.err.Err)
		case c.version == 0:
			imp.result.Created++
		case c.differs():
			imp.result.Changed++
		default:
			imp.result.Unchanged++
		}
	}
	return nil
}

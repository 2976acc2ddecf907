package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cartograph/consumers/inventory"
	"cartograph/internal/embedded/s3"
	"cartograph/internal/objectstore"
	"cartograph/internal/outbox"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/media"
	"cartograph/subgraphs/user"
)

// catalogueFiles are the flags of `cartograph catalog`.
type catalogueFiles struct {
	format         string
	seller         string
	dryRun         bool
	onlyKnown      bool
	deleteVariants bool
	refreshImages  bool
}

func (c *catalogueFiles) flags(flags *flag.FlagSet) {
	flags.StringVar(&c.format, "format", "", "")
	flags.StringVar(&c.seller, "seller", "", "")
	flags.BoolVar(&c.dryRun, "dry-run", false, "")
	flags.BoolVar(&c.onlyKnown, "only-known", false, "")
	flags.BoolVar(&c.deleteVariants, "delete-variants", false, "")
	flags.BoolVar(&c.refreshImages, "refresh-images", false, "")
}

// run imports products from a file or exports them to one; "-" is the standard input
// or output. Messages go to messages, so that an export can be piped on.
func (c *catalogueFiles) run(ctx context.Context, cfg Config, words []string, in io.Reader, out, messages io.Writer) error {
	file := "-"
	switch {
	case len(words) == 2:
		file = words[1]
	case len(words) != 1 || words[0] != "export":
		return errors.New("catalog: import FILE or export [FILE] is expected; - is the standard input")
	}
	if words[0] != "import" && words[0] != "export" {
		return fmt.Errorf("catalog: unknown command %q: import FILE or export [FILE] is expected", words[0])
	}
	format, err := c.formatOf(file)
	if err != nil {
		return err
	}
	shop, err := openShop(ctx, cfg)
	if err != nil {
		return err
	}
	defer shop.close() //nolint:contextcheck // also after ctx has ended
	if words[0] == "export" {
		return exportFile(ctx, shop, file, format, out, messages)
	}
	pictures, closePictures, err := shop.pictures(ctx, cfg)
	if err != nil {
		return err
	}
	defer closePictures()
	pictures.DryRun, pictures.Refresh = c.dryRun, c.refreshImages
	if file == "-" {
		return c.importFrom(ctx, shop, in, format, pictures, newCounter(messages, -1))
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()                                //nolint:errcheck // it was only read
	folder, err := os.OpenRoot(filepath.Dir(file)) // paths of pictures cannot leave it, not even by links
	if err != nil {
		return err
	}
	defer folder.Close() //nolint:errcheck // it was only read
	pictures.Folder = folder.FS()
	return c.importFrom(ctx, shop, f, format, pictures, newCounter(messages, -1))
}

// formatOf is the format that a flag names, else that of the file's extension.
func (c *catalogueFiles) formatOf(file string) (productfile.Format, error) {
	named := strings.ToLower(strings.TrimPrefix(filepath.Ext(file), "."))
	if c.format != "" {
		named = c.format
	}
	switch named {
	case "csv":
		return productfile.CSV, nil
	case "jsonl", "ndjson":
		return productfile.JSONLines, nil
	default:
		return "", fmt.Errorf("catalog: the format of %s is unknown: --format csv or --format jsonl is needed", file)
	}
}

func (c *catalogueFiles) importFrom(ctx context.Context, shop *shop, in io.Reader, format productfile.Format, pictures *media.Importer, progress *counter) error {
	how := product.FileImport{
		DryRun: c.dryRun, OnlyKnown: c.onlyKnown, DeleteVariants: c.deleteVariants, Receive: shop.stock.ReceiveFirst, Pictures: pictures,
		Refused:  func(e *productfile.LineError) { progress.println(e.Error()) },
		Progress: func(r product.FileResult) { progress.add(int64(r.Products()) - progress.done) },
	}
	if shop.users != nil {
		how.Sellers = shop.users.Sellers
	}
	if c.seller != "" {
		if how.Sellers == nil {
			return errors.New("--seller: the user role has no database: set USER_DATABASE_URL")
		}
		found, err := how.Sellers(ctx, []string{c.seller})
		if err != nil {
			return err
		}
		if how.Seller = found[c.seller]; how.Seller == "" {
			return fmt.Errorf("--seller: there is no account %q that may sell", c.seller)
		}
	}
	result, err := shop.products.ImportFile(ctx, productfile.Read(in, format), how)
	progress.end()
	verb := "imported"
	if c.dryRun {
		verb = "checked, and not imported"
	}
	progress.println(fmt.Sprintf("%s: %d created, %d changed, %d unchanged, %d refused", verb, result.Created, result.Changed, result.Unchanged, result.Refused))
	if err == nil && result.Refused > 0 {
		return fmt.Errorf("%d of %d products were refused", result.Refused, result.Products())
	}
	return err
}

// exportFile writes all products. A file appears when it is complete. The standard
// output is written to after that: whoever reads it slowly keeps no transaction open.
func exportFile(ctx context.Context, shop *shop, file string, format productfile.Format, out, messages io.Writer) (err error) {
	dir := "" // that of temporary files
	if file != "-" {
		dir = filepath.Dir(file)
	}
	temporary, err := os.CreateTemp(dir, ".export-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it is renamed by then, or of no use
	defer temporary.Close()           //nolint:errcheck // it is closed by then, or of no use
	if err := writeProducts(ctx, shop, temporary, format, newCounter(messages, -1)); err != nil {
		return err
	}
	if file == "-" {
		if _, err := temporary.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(out, temporary)
		return err
	}
	if err := errors.Join(temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}

func writeProducts(ctx context.Context, shop *shop, out io.Writer, format productfile.Format, progress *counter) error {
	currencies, err := shop.products.PriceCurrencies(ctx)
	if err != nil {
		return err
	}
	locales, err := shop.products.Locales(ctx)
	if err != nil {
		return err
	}
	w, err := productfile.NewWriter(out, format, currencies, locales)
	if err != nil {
		return err
	}
	for p, err := range shop.products.Export(ctx, shop.onHand) {
		if err == nil {
			err = w.Write(p)
		}
		if err != nil {
			return err
		}
		progress.add(1)
	}
	progress.end()
	return w.Flush()
}

// shop is the services that a catalogue is imported through, on the databases of a
// cluster or of the embedded services.
type shop struct {
	databases *roleDatabases
	products  *product.Service
	stock     *inventory.Worker
	users     *user.Service // nil if the user role's database is not configured
}

func openShop(ctx context.Context, cfg Config) (*shop, error) {
	needed := slices.DeleteFunc(roles(), func(r role) bool { return r.name != "product" && r.name != "inventory" && r.name != "user" })
	databases, err := openDatabases(ctx, cfg, needed)
	if err != nil {
		return nil, fmt.Errorf("start cartograph first, or set PRODUCT_DATABASE_URL and INVENTORY_DATABASE_URL: %w", err)
	}
	catalogue, stock := databases.pools["product"], databases.pools["inventory"]
	if catalogue == nil || stock == nil {
		databases.close() //nolint:contextcheck // also after ctx has ended
		return nil, errors.New("set PRODUCT_DATABASE_URL and INVENTORY_DATABASE_URL")
	}
	log := slog.New(slog.DiscardHandler)
	s := &shop{
		databases: databases,
		products:  product.NewService(cfg.Product, catalogue, outbox.New(catalogue), nil, nil, nil, time.Now, log),
		stock:     inventory.NewWorker(stock, outbox.New(stock), cfg.Inventory, log),
	}
	if pool := databases.pools["user"]; pool != nil {
		s.users = user.NewService(pool, outbox.New(pool), log)
	}
	return s, nil
}

func (s *shop) close() { s.databases.close() }

// pictures imports pictures to the object store of the shop: the one that is configured,
// else the one of the data folder, which is started unless it runs. Without either,
// pictures are refused.
func (s *shop) pictures(ctx context.Context, cfg Config) (_ *media.Importer, closeStore func(), err error) {
	closeStore = func() {}
	address := cfg.S3URL
	if address == "" && cfg.Product.DatabaseURL == "" {
		dir, running := filepath.Join(cfg.DataDir, s3Dir), false
		if address, running = s3.Running(ctx, dir); !running {
			server, err := s3.Start(s3.Config{Dir: dir})
			if err != nil {
				return nil, closeStore, err
			}
			address, closeStore = server.URL(), server.Close
		}
	}
	var store *objectstore.Store
	if address != "" {
		if store, err = objectstore.Open(address, cfg.S3PublicURL); err != nil {
			closeStore()
			return nil, func() {}, fmt.Errorf("S3_URL, S3_PUBLIC_URL: %w", err)
		}
	}
	return &media.Importer{
		Service: media.New(cfg.Product.Media, s.databases.pools["product"], store, slog.New(slog.DiscardHandler)), OwnerID: product.ImportOwner,
	}, closeStore, nil
}

// onHand returns what is on hand of variants.
func (s *shop) onHand(ctx context.Context, variantIDs []string) (map[string]int, error) {
	onHand := make(map[string]int, len(variantIDs))
	for part := range slices.Chunk(variantIDs, 1000) {
		levels, err := s.stock.Levels(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, l := range levels {
			onHand[l.VariantID] = l.OnHand
		}
	}
	return onHand, nil
}

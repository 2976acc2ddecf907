package product

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
	"cartograph/internal/money"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product/db"
)

// exportPage is how many products are read at once.
const exportPage = 250

// Export reads all products as they are at one moment, for ImportFile. The transaction
// that sees that moment lasts until the loop ends: whoever writes to someone slow reads
// all of them first. Stock returns what is on hand by variant; nil leaves it out.
func (s *Service) Export(ctx context.Context, stock func(ctx context.Context, variantIDs []string) (map[string]int, error)) iter.Seq2[productfile.Product, error] {
	return func(yield func(productfile.Product, error) bool) {
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		stopped := false
		err := pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
			q := db.New(tx)
			t, err := readTaxonomy(ctx, q)
			if err != nil {
				return err
			}
			for last, more := "", true; more; {
				rows, err := q.ProductDraftsAfter(ctx, last, exportPage)
				if err != nil {
					return err
				}
				more = len(rows) == exportPage
				onHand, err := onHand(ctx, rows, stock)
				if err != nil {
					return err
				}
				for i := range rows {
					d := draftOf(&rows[i])
					if last = d.ID; !yield(t.fileProduct(&d, onHand), nil) {
						stopped = true
						return nil
					}
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(productfile.Product{}, wrap("export products", err))
		}
	}
}

// Locales are the languages that any product is translated to, in order.
func (s *Service) Locales(ctx context.Context) ([]string, error) {
	locales, err := db.New(s.pool).ProductLocales(ctx)
	return locales, wrap("read languages", err)
}

// PriceCurrencies are the currencies in which any variant has a price, in order.
func (s *Service) PriceCurrencies(ctx context.Context) ([]string, error) {
	currencies, err := db.New(s.pool).PriceCurrencies(ctx)
	return currencies, wrap("read currencies", err)
}

func onHand(ctx context.Context, rows []db.DraftRow, stock func(context.Context, []string) (map[string]int, error)) (map[string]int, error) {
	if stock == nil {
		return nil, nil
	}
	var ids []string
	for _, row := range rows {
		for _, v := range row.Variants {
			ids = append(ids, v.ID)
		}
	}
	return stock(ctx, ids)
}

func (t *taxonomy) fileProduct(d *Draft, onHand map[string]int) productfile.Product {
	p := productfile.Product{
		ID: d.ID, Slug: d.Slug, Title: &d.Title, Subtitle: &d.Subtitle, Description: &d.Description, DescriptionHTML: &d.DescriptionHTML,
		Status: new(string(d.Status)), Category: new(t.cell(d.CategoryID)), Brand: new(t.brands[d.BrandID].Name), Seller: &d.SellerID,
		SEOTitle: &d.SEO.Title, SEODescription: &d.SEO.Description, CanonicalURL: &d.SEO.CanonicalURL, Translations: d.fileTranslations(),
		Tags: d.Tags, Keywords: d.Keywords, FeaturedRank: &d.FeaturedRank, CreatedAt: &d.CreatedAt, Specifications: d.Specifications,
		Options: d.Options, Images: make([]productfile.Image, len(d.Images)), Variants: make([]productfile.Variant, len(d.Variants)),
	}
	for i, image := range d.Images {
		p.Images[i] = fileImage(image)
	}
	for i := range d.Variants {
		v := &d.Variants[i]
		p.Variants[i] = productfile.Variant{
			ID: v.ID, SKU: v.SKU, Title: &v.Title, Options: map[string]string{}, Prices: amounts(v.Prices), CompareAt: amounts(v.CompareAt),
			WeightGrams: &v.WeightGrams, TaxClass: new(string(v.TaxClass)), Barcode: &v.Barcode, RestockAt: new(""), Image: new(fileImage(v.Image)),
		}
		for _, o := range v.Options {
			p.Variants[i].Options[o.Name] = o.Value
		}
		if !v.RestockAt.IsZero() {
			p.Variants[i].RestockAt = new(v.RestockAt.Format("2006-01-02T15:04:05.999999Z07:00"))
		}
		if n, ok := onHand[v.ID]; ok {
			p.Variants[i].Stock = &n
		}
	}
	return p
}

func fileImage(i catalogue.Image) productfile.Image {
	return productfile.Image{Name: i.Name, Alt: i.Alt, Width: i.Width, Height: i.Height}
}

func amounts(minor map[string]int64) map[string]productfile.Amount {
	decimal := make(map[string]productfile.Amount, len(minor))
	for currency, n := range minor {
		decimal[currency] = productfile.Amount(money.Money{Minor: n, Currency: currency}.Amount())
	}
	return decimal
}

package search

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/pg"
)

// Postgres is a Searcher on Postgres's full text and trigrams.
type Postgres struct {
	pool       *pgxpool.Pool
	currencies []string
}

var _ Searcher = (*Postgres)(nil)

// NewPostgres returns the Searcher of a database with Migrations applied. The
// shop sells in the currencies; queries in another one run in FallbackCurrency.
// When a currency is added, all documents must be indexed again.
func NewPostgres(pool *pgxpool.Pool, currencies ...string) *Postgres {
	all := append([]string{FallbackCurrency}, currencies...)
	slices.Sort(all)
	return &Postgres{pool: pool, currencies: slices.Compact(all)}
}

// writeLock serialises writers: word and term counts are differences between the
// old and the new document, and two concurrent writers would both subtract the
// old one. Documents are written in batches, so the lock is taken rarely.
const writeLock = 0x736561726368 // "search"

func (s *Postgres) write(ctx context.Context, doing, sql string, args ...any) error {
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(writeLock)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// upsert writes documents, prices, and the differences in words and terms.
// Lists inside a row are joined by the unit separator, which no word, slug or
// value contains.
const upsert = `
WITH given AS (
    SELECT g.*
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bool[], $6::bigint[], $7::timestamptz[], $8::jsonb[], $9::text[])
         AS g (id, version, tsv, terms, in_stock, featured, created_at, card, description)
    WHERE NOT EXISTS (SELECT FROM search_deleted x WHERE x.id = g.id AND x.version >= g.version)
), old AS (
    SELECT id, tsv, terms FROM search_documents WHERE id = ANY ($1)
), stored AS (
    INSERT INTO search_documents AS d (id, version, tsv, terms, in_stock, featured, created_at, card, description)
    SELECT id, version, tsv::tsvector, string_to_array(terms, chr(31)), in_stock, featured, created_at, card, description FROM given
    ON CONFLICT (id) DO UPDATE
    SET version = excluded.version, tsv = excluded.tsv, terms = excluded.terms, in_stock = excluded.in_stock,
        featured = excluded.featured, created_at = excluded.created_at, card = excluded.card, description = excluded.description
    WHERE d.version < excluded.version
    RETURNING id, tsv, terms
), priced AS (
    INSERT INTO search_prices AS p (currency, id, up, down, on_sale)
    SELECT g.* FROM unnest($10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bool[]) AS g (currency, id, up, down, on_sale)
    JOIN stored USING (id)
    ON CONFLICT (currency, id) DO UPDATE SET up = excluded.up, down = excluded.down, on_sale = excluded.on_sale
    WHERE (p.up, p.down, p.on_sale) <> (excluded.up, excluded.down, excluded.on_sale)
), counted_words AS (
    INSERT INTO search_words AS w (word, documents)
    SELECT word, sum(n) FROM (
        SELECT unnest(tsvector_to_array(tsv)) AS word, 1 AS n FROM stored
        UNION ALL
        SELECT unnest(tsvector_to_array(old.tsv)), -1 FROM old JOIN stored USING (id)
    ) AS changes
    GROUP BY word HAVING sum(n) <> 0
    ON CONFLICT (word) DO UPDATE SET documents = w.documents + excluded.documents
), changed_terms AS (
    SELECT term, sum(n) AS n FROM (
        SELECT unnest(terms) AS term, 1 AS n FROM stored
        UNION ALL
        SELECT unnest(old.terms), -1 FROM old JOIN stored USING (id)
    ) AS changes
    GROUP BY term
)
INSERT INTO search_terms AS t (term, field, label, swatch, documents)
SELECT c.term, coalesce(g.field, ''), coalesce(g.label, ''), coalesce(g.swatch, ''), c.n
FROM changed_terms c
LEFT JOIN unnest($15::text[], $16::text[], $17::text[], $18::text[]) AS g (term, field, label, swatch) USING (term)
LEFT JOIN search_terms known USING (term)
WHERE c.n <> 0 OR (g.field, g.label, g.swatch) <> (known.field, known.label, known.swatch)
ON CONFLICT (term) DO UPDATE
SET documents = t.documents + excluded.documents,
    field  = CASE WHEN excluded.field = '' THEN t.field ELSE excluded.field END,
    label  = CASE WHEN excluded.field = '' THEN t.label ELSE excluded.label END,
    swatch = CASE WHEN excluded.field = '' THEN t.swatch ELSE excluded.swatch END`

// Upsert indexes documents, each unless a newer version is indexed.
func (s *Postgres) Upsert(ctx context.Context, documents ...Document) error {
	if len(documents) == 0 {
		return nil
	}
	latest := map[string]int{} // one statement can write a row only once
	for i, d := range documents {
		if j, twice := latest[d.ID]; !twice || documents[j].Version < d.Version {
			latest[d.ID] = i
		}
	}
	var r rows
	for i := range documents {
		if latest[documents[i].ID] != i {
			continue
		}
		if err := r.add(&documents[i], s.currencies); err != nil {
			return err
		}
	}
	return s.write(ctx, fmt.Sprintf("index %d documents", len(documents)), upsert,
		r.ids, r.versions, r.vectors, r.terms, r.inStock, r.featured, r.createdAt, r.cards, r.descriptions,
		r.priceCurrencies, r.priceIDs, r.up, r.down, r.onSale,
		r.termNames, r.termFields, r.termLabels, r.termSwatches)
}

// rows are documents as columns.
type rows struct {
	ids, vectors, terms, cards, descriptions        []string
	versions, featured                              []int64
	inStock                                         []bool
	createdAt                                       []time.Time
	priceCurrencies, priceIDs                       []string
	up, down                                        []int64
	onSale                                          []bool
	termNames, termFields, termLabels, termSwatches []string
	named                                           map[string]bool
}

const separator = "\x1f"

func (r *rows) add(d *Document, currencies []string) error {
	if _, ok := d.Prices[FallbackCurrency]; !ok {
		return fmt.Errorf("index %s: it has no price in %s", d.ID, FallbackCurrency)
	}
	card, err := json.Marshal(d.Card)
	if err != nil {
		return fmt.Errorf("index %s: %w", d.ID, err)
	}
	var terms []string
	for _, t := range d.terms() {
		terms = append(terms, t.Key)
		r.name(t)
	}
	r.ids, r.versions = append(r.ids, d.ID), append(r.versions, d.Version)
	r.vectors, r.terms = append(r.vectors, d.vector()), append(r.terms, strings.Join(terms, separator))
	r.cards, r.descriptions = append(r.cards, string(card)), append(r.descriptions, d.Description)
	r.inStock, r.featured = append(r.inStock, d.Available > 0), append(r.featured, min(max(d.Featured, 0), featuredRange-1))
	r.createdAt = append(r.createdAt, d.CreatedAt)
	for _, currency := range currencies {
		up, down, onSale := d.rank(currency)
		r.priceCurrencies, r.priceIDs = append(r.priceCurrencies, currency), append(r.priceIDs, d.ID)
		r.up, r.down, r.onSale = append(r.up, up), append(r.down, down), append(r.onSale, onSale)
	}
	return nil
}

func (r *rows) name(t Term) {
	if r.named == nil {
		r.named = map[string]bool{}
	}
	if r.named[t.Key] {
		return
	}
	r.named[t.Key] = true
	r.termNames, r.termFields = append(r.termNames, t.Key), append(r.termFields, t.Field)
	r.termLabels, r.termSwatches = append(r.termLabels, t.Label), append(r.termSwatches, t.Swatch)
}

const remove = `
WITH given AS (
    SELECT id, max(version) AS version FROM unnest($1::text[], $2::bigint[]) AS g (id, version) GROUP BY id
), marked AS (
    INSERT INTO search_deleted AS x (id, version) SELECT id, version FROM given
    ON CONFLICT (id) DO UPDATE SET version = excluded.version WHERE x.version < excluded.version
), gone AS (
    DELETE FROM search_documents d USING given g WHERE d.id = g.id AND d.version <= g.version RETURNING d.tsv, d.terms
), counted_words AS (
    UPDATE search_words w SET documents = w.documents - c.n
    FROM (SELECT unnest(tsvector_to_array(tsv)) AS word, count(*) AS n FROM gone GROUP BY 1) AS c WHERE w.word = c.word
)
UPDATE search_terms t SET documents = t.documents - c.n
FROM (SELECT unnest(terms) AS term, count(*) AS n FROM gone GROUP BY 1) AS c WHERE t.term = c.term`

// Delete removes documents, each unless a newer version is indexed.
func (s *Postgres) Delete(ctx context.Context, deletions ...Deletion) error {
	if len(deletions) == 0 {
		return nil
	}
	ids, versions := make([]string, len(deletions)), make([]int64, len(deletions))
	for i, d := range deletions {
		ids[i], versions[i] = d.ID, d.Version
	}
	return s.write(ctx, fmt.Sprintf("remove %d documents from the index", len(ids)), remove, ids, versions)
}

const complete = `
SELECT word FROM search_words
WHERE word >= $1 AND word < $1 || U&'\+10FFFF' AND documents > 0
ORDER BY documents DESC, word LIMIT $2`

// Complete returns words with the prefix, the most frequent first.
func (s *Postgres) Complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	typed := words(prefix)
	if len(typed) == 0 {
		return nil, nil
	}
	last := len(typed) - 1
	rows, err := s.pool.Query(ctx, complete, typed[last], limit)
	if err != nil {
		return nil, fmt.Errorf("complete %q: %w", prefix, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for i, word := range found {
		found[i] = strings.Join(append(typed[:last:last], word), " ")
	}
	return found, err
}

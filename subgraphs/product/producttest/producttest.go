// Package producttest is a small shop for tests of the catalogue.
package producttest

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/search"
	"cartograph/internal/search/postgres"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/recommend"
	"cartograph/subgraphs/product/review"
)

// Now is the time in the shop.
func Now() time.Time { return time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC) }

// Shop is a catalogue on a database of its own.
type Shop struct {
	*product.Service
	Pool       *pgxpool.Pool
	Statements *pgtest.Statements
	Index      *postgres.Index
	Stock      *Stock
	Reviews    *review.Service
	Recommend  *recommend.Service
}

// Open returns an empty shop.
func Open(t testing.TB) *Shop {
	t.Helper()
	return openOn(pgtest.NewCounted(t, db.Migrations(), postgres.Migrations()))
}

// backlog is of a shop whose index is filled by the tests: what the catalogue has noted
// as changed since.
type backlog struct{ pool *pgxpool.Pool }

func (b backlog) Age(ctx context.Context, _ bool) (time.Duration, error) {
	var seconds float64
	err := b.pool.QueryRow(ctx, "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0)::float8 FROM unindexed_products").Scan(&seconds)
	return time.Duration(seconds * float64(time.Second)), err
}

// Restarted is the shop in another process, whose index has not read the documents yet.
func (s *Shop) Restarted() *Shop { return openOn(s.Pool, s.Statements) }

func openOn(pool *pgxpool.Pool, statements *pgtest.Statements) *Shop {
	index := postgres.New(pool, "EUR", "JPY")
	stock := &Stock{levels: map[string]*rpcv1.Level{}, answers: map[string]*rpcv1.AdjustResponse{}, used: map[string]*rpcv1.AdjustRequest{}, sellers: map[string]string{}}
	cfg := product.Config{MediaURL: "https://media.test/media/", ShopURL: "https://shop.test/", Locale: "en", Currencies: []string{"USD", "EUR", "JPY"}, MaxConcurrentSearches: 2}
	s := product.NewService(cfg, pool, outbox.New(pool), index, backlog{pool}, stock, Now, slog.New(slog.DiscardHandler))
	reviews := review.NewService(pool, outbox.New(pool), Now)
	s.Register(reviews.Register)
	return &Shop{s, pool, statements, index, stock, reviews, recommend.NewService(pool, outbox.New(pool), Now, slog.New(slog.DiscardHandler))}
}

// Stocked returns a shop with Assortment, that can be found, and with stock.
func Stocked(t testing.TB) *Shop {
	t.Helper()
	s := Open(t)
	s.Take(t, Assortment())
	for variant, available := range map[string]int{"var_a1": 12, "var_a2": 3, "var_b1": 40, "var_c1": 0, "var_d1": 0, "var_e1": 7} {
		s.HandleEvent(t, event.LevelChanged{VariantID: variant, OnHand: available, Available: available, Version: 1, At: Now().Add(-time.Hour)})
	}
	s.index(t)
	s.Statements.Reset()
	return s
}

// Take imports an assortment.
func (s *Shop) Take(t testing.TB, a product.Assortment) (changed int) {
	t.Helper()
	changed, err := s.Import(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// HandleEvent has the service handle an event.
func (s *Shop) HandleEvent(t testing.TB, p event.Payload) {
	t.Helper()
	if err := s.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatal(err)
	}
}

// index indexes the published products, as the searchindex worker does.
func (s *Shop) index(t testing.TB) {
	t.Helper()
	available := map[string]int{"prd_a": 15, "prd_b": 20, "prd_e": 7}
	for _, e := range s.Published(t) {
		if e.Type != event.Type[event.ProductPublished]() {
			continue
		}
		p, err := event.Decode[event.ProductPublished](e)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Index.Upsert(t.Context(), document(p.ProductSnapshot, available[p.ProductID])); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Pool.Exec(t.Context(), "DELETE FROM unindexed_products"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Index.Search(t.Context(), search.Query{}); err != nil { // the first one reads the documents
		t.Fatal(err)
	}
}

func document(p event.ProductSnapshot, available int) search.Document {
	d := search.Document{
		Card: search.Card{
			ID: p.ProductID, Slug: p.Slug, Title: p.Title, Subtitle: p.Subtitle, Tags: p.Tags, Prices: map[string]search.Price{},
			Brand:     search.Brand{ID: p.BrandID, Slug: p.BrandSlug, Name: p.BrandName},
			Available: available, AsOf: Now().Add(-time.Hour), CreatedAt: p.CreatedAt, RestockAt: p.Variants[0].RestockAt,
		},
		Version: 1, Description: p.Description, Featured: int64(p.Featured),
	}
	d.Image = p.Image
	for locale, t := range p.Translations {
		d.Texts = map[string]search.CardTexts{locale: {Title: t.Title, Subtitle: t.Subtitle}}
	}
	for i, slug := range p.CategorySlugs {
		d.Categories = append(d.Categories, search.Category{Slug: slug, Name: p.CategoryNames[i]})
	}
	for _, o := range p.Options {
		for _, v := range o.Values {
			d.Attributes = append(d.Attributes, search.Attribute{Key: strings.ToLower(o.Name), Name: o.Name, Value: v.Value, Swatch: v.SwatchHex})
		}
	}
	for _, v := range p.Variants {
		for _, price := range v.Prices {
			r, seen := d.Prices[price.Currency]
			if !seen {
				r = search.Price{Min: price.Minor, Max: price.Minor, CompareAtMin: price.CompareAtMinor, CompareAtMax: price.CompareAtMinor}
			}
			r.Min, r.Max = min(r.Min, price.Minor), max(r.Max, price.Minor)
			d.Prices[price.Currency] = r
		}
	}
	// As the search indexer: only currencies in which every variant has a price.
	for currency := range d.Prices {
		for _, v := range p.Variants {
			if !slices.ContainsFunc(v.Prices, func(price event.Price) bool { return price.Currency == currency }) {
				delete(d.Prices, currency)
			}
		}
	}
	return d
}

// Published are the events in the outbox, in order.
func (s *Shop) Published(t testing.TB) []event.Envelope {
	t.Helper()
	rows, err := s.Pool.Query(t.Context(), "SELECT type, subject, sequence, data FROM outbox WHERE topic <> $1 ORDER BY id", event.ProductStates)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []event.Envelope
	for rows.Next() {
		var e event.Envelope
		if err := rows.Scan(&e.Type, &e.Subject, &e.Sequence, &e.Data); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// Stock stands for stock's writer, which is behind the network.
type Stock struct {
	mu       sync.Mutex
	levels   map[string]*rpcv1.Level
	answers  map[string]*rpcv1.AdjustResponse // by idempotency key
	used     map[string]*rpcv1.AdjustRequest  // likewise
	receipts []*rpcv1.Receipt                 // the latest first
	sellers  map[string]string                // of receipts, by ID
	Calls    int                              // calls of Levels
	Down     bool
}

// Set sets how much there is of a variant.
func (s *Stock) Set(variantID string, onHand, reserved int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.levels[variantID] = &rpcv1.Level{
		VariantId: variantID, OnHand: onHand, Reserved: reserved, Available: onHand - reserved, Version: 5, UpdatedAt: timestamppb.New(Now()),
	}
}

// Levels answers with what was Set.
func (s *Stock) Levels(_ context.Context, in *rpcv1.LevelsRequest) (*rpcv1.LevelsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls++
	if s.Down {
		return nil, fault.Localized(fault.Unavailable, "common.unavailable")
	}
	out := &rpcv1.LevelsResponse{}
	for _, id := range in.GetVariantIds() {
		if l := s.levels[id]; l != nil {
			out.Levels = append(out.Levels, l)
		}
	}
	return out, nil
}

// Adjust changes what was Set.
func (s *Stock) Adjust(ctx context.Context, in *rpcv1.AdjustRequest) (*rpcv1.AdjustResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return nil, fault.Localized(fault.Unavailable, "common.unavailable")
	}
	key := auth.From(ctx).ID + in.GetIdempotencyKey()
	if used := s.used[key]; used != nil && used.GetVariantId() != in.GetVariantId() {
		return &rpcv1.AdjustResponse{KeyFirstUsedAt: timestamppb.New(Now())}, nil
	}
	if in.GetCompareKeyOnly() {
		return &rpcv1.AdjustResponse{}, nil
	}
	if earlier := s.answers[key]; earlier != nil {
		return &rpcv1.AdjustResponse{Level: earlier.GetLevel(), Replayed: true}, nil
	}
	l := s.levels[in.GetVariantId()]
	switch {
	case in.ChangeFrom != nil && in.GetChangeFrom() != l.GetOnHand():
		return &rpcv1.AdjustResponse{Level: l, VersionMismatch: true}, nil
	case l.GetAvailable()+in.GetDelta() < 0:
		return &rpcv1.AdjustResponse{Level: l, NotEnough: true}, nil
	}
	l.OnHand, l.Available, l.Version = l.GetOnHand()+in.GetDelta(), l.GetAvailable()+in.GetDelta(), l.GetVersion()+1
	s.used[key], s.answers[key] = in, &rpcv1.AdjustResponse{Level: l}
	return s.answers[key], nil
}

// Receive adds to what was Set.
func (s *Stock) Receive(ctx context.Context, in *rpcv1.ReceiveRequest) (*rpcv1.ReceiveResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.GetCompareKeyOnly() {
		return &rpcv1.ReceiveResponse{}, nil
	}
	out := &rpcv1.ReceiveResponse{Receipt: &rpcv1.Receipt{
		Id: id.New(id.Receipt), Reference: in.GetReference(), Lines: in.GetLines(), Actor: auth.From(ctx).ID, ReceivedAt: timestamppb.New(Now()),
	}}
	for _, line := range in.GetLines() {
		l := s.levels[line.GetVariantId()]
		if l == nil {
			l = &rpcv1.Level{VariantId: line.GetVariantId(), UpdatedAt: timestamppb.New(Now())}
			s.levels[line.GetVariantId()] = l
		}
		l.OnHand, l.Available, l.Version = l.GetOnHand()+line.GetQuantity(), l.GetAvailable()+line.GetQuantity(), l.GetVersion()+1
		out.Levels = append(out.Levels, l)
	}
	s.receipts = slices.Insert(s.receipts, 0, out.GetReceipt())
	s.sellers[out.GetReceipt().GetId()] = in.GetSellerId()
	return out, nil
}

// Receipts answers with what was received.
func (s *Stock) Receipts(_ context.Context, in *rpcv1.ReceiptsRequest) (*rpcv1.ReceiptsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &rpcv1.ReceiptsResponse{}
	for _, r := range s.receipts {
		after := in.GetAfter() == "" || r.GetId() < in.GetAfter()
		if after && (in.GetOfAllSellers() || s.sellers[r.GetId()] == in.GetSellerId()) && len(out.GetReceipts()) < int(in.GetLimit()) {
			out.Receipts = append(out.Receipts, r)
		}
	}
	return out, nil
}

package product

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/inbox"
	"cartograph/internal/limits"
	"cartograph/internal/message"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/product/db"
)

// maxDelta bounds one adjustment.
const maxDelta = 1_000_000

// StockLevel is the exact stock of a variant, as Inventory has it.
type StockLevel struct {
	OnHand, Reserved, Available int
	Version                     int64
	UpdatedAt                   time.Time
}

// StockReason is the reason for an adjustment; the values are the schema's.
type StockReason string

// StockChange is an adjustment of the quantity on hand.
type StockChange struct {
	VariantID      string
	Delta          int
	ChangeFrom     *int // the quantity on hand that the change is based on
	Reason         StockReason
	IdempotencyKey string
}

// StockVersionError is returned for a change that is based on another quantity
// than the current one.
type StockVersionError struct {
	CurrentOnHand int
	fault         *fault.Error
}

func (e *StockVersionError) Error() string { return e.fault.Error() }

// Unwrap makes it a fault.Error with code STOCK_VERSION_MISMATCH.
func (e *StockVersionError) Unwrap() error { return e.fault }

func (c *StockChange) check() error {
	switch {
	case c.Delta == 0 || c.Delta > maxDelta || c.Delta < -maxDelta:
		return fault.Localized(fault.Invalid, "product.stock_delta", message.Args{"limit": maxDelta}).At("input", "delta")
	case c.ChangeFrom != nil && (*c.ChangeFrom < 0 || *c.ChangeFrom > 1<<30):
		return fault.Localized(fault.Invalid, "product.impossible_quantity", message.Args{"quantity": *c.ChangeFrom}).At("input", "changeFromQuantity")
	default:
		return checkIdempotencyKey(c.IdempotencyKey)
	}
}

func checkIdempotencyKey(key string) error {
	if key == "" || utf8.RuneCountInString(key) > limits.IdempotencyKeyLength || len(storable([]string{key})) == 0 {
		return fault.Localized(fault.Invalid, "common.idempotency_key", message.Args{"limit": limits.IdempotencyKeyLength}).At("input", "idempotencyKey")
	}
	return nil
}

// AdjustStock changes the quantity on hand in Inventory and returns the variant
// after the change. Repeating a change with the same key has no effect.
func (s *Service) AdjustStock(ctx context.Context, c StockChange) (v *Variant, replayed bool, err error) {
	results, err := s.adjustStocks(ctx, []StockChange{c})
	if err != nil {
		return nil, false, err
	}
	return results[0].Variant, results[0].Replayed, results[0].Err
}

// adjustStocks carries out each change by itself. It takes three statements, however
// many they are. An error is returned if one of them could not be decided.
func (s *Service) adjustStocks(ctx context.Context, changes []StockChange) ([]StockResult, error) {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.VariantID
	}
	productOf, err := s.editable(ctx, ids)
	if err != nil {
		return nil, err
	}
	results, levels := make([]StockResult, len(changes)), make([]*rpcv1.Level, len(changes))
	calls, callCtx := errgroup.WithContext(ctx)
	calls.SetLimit(stockCalls)
	for i, c := range changes {
		calls.Go(func() error {
			answer, err := s.adjust(callCtx, c, productOf[c.VariantID] == "") // or another seller's
			if f := fault.Of(err); err != nil && (f == nil || f.Kind != fault.Invalid && f.Kind != fault.NotFound && f.Kind != fault.Conflict) {
				return err
			}
			results[i].Err, results[i].Replayed, levels[i] = err, answer.GetReplayed(), answer.GetLevel()
			return nil
		})
	}
	if err := calls.Wait(); err != nil {
		return nil, err
	}
	// The events arrive later; the caller reads its own changes now.
	if err := s.storeLevels(ctx, levels...); err != nil {
		return nil, err
	}
	changed, err := s.VariantsByID(ctx, ids)
	for i, id := range ids {
		if results[i].Err == nil {
			results[i].Variant = changed[id]
		}
	}
	return results, err
}

// adjust calls Inventory. Without an error the change is done.
func (s *Service) adjust(ctx context.Context, c StockChange, unknown bool) (*rpcv1.AdjustResponse, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	request := &rpcv1.AdjustRequest{
		VariantId: c.VariantID, Delta: int32(c.Delta), Reason: string(c.Reason), IdempotencyKey: c.IdempotencyKey,
		CompareKeyOnly: unknown, // a used key whose variant was changed is reported as reused
	}
	if c.ChangeFrom != nil {
		request.ChangeFrom = new(int32(*c.ChangeFrom))
	}
	answer, err := s.stock.Adjust(ctx, request)
	if err != nil {
		return nil, wrap("adjust stock of "+c.VariantID, err)
	}
	switch level := answer.GetLevel(); {
	case answer.KeyFirstUsedAt != nil:
		return nil, idempotency.Reused(answer.GetKeyFirstUsedAt().AsTime())
	case unknown:
		return nil, fault.Localized(fault.NotFound, "product.unknown_variant").At("input", "variantId")
	case answer.GetVersionMismatch():
		return nil, &StockVersionError{int(level.GetOnHand()), fault.Localized(fault.Conflict, "product.on_hand_changed",
			message.Args{"quantity": level.GetOnHand()}).WithCode("STOCK_VERSION_MISMATCH").At("input", "changeFromQuantity")}
	case answer.GetNotEnough():
		return nil, fault.Localized(fault.Conflict, "product.not_enough_stock", message.Args{"quantity": level.GetAvailable()}).At("input", "delta")
	}
	return answer, nil
}

// levels are those of all variants that were read together. The first access
// reads all of them.
type levels struct {
	variantIDs []string
	once       sync.Once
	byID       map[string]*StockLevel
	err        error
}

// maxLevels bounds one request for levels.
const maxLevels = 500

func (l *levels) read(ctx context.Context, from Stock) {
	l.byID = map[string]*StockLevel{}
	for ids := range slices.Chunk(l.variantIDs, maxLevels) {
		answer, err := from.Levels(ctx, &rpcv1.LevelsRequest{VariantIds: ids})
		if err != nil {
			l.err = wrap("read stock levels", err)
			return
		}
		for _, level := range answer.GetLevels() {
			l.byID[level.GetVariantId()] = &StockLevel{
				OnHand: int(level.GetOnHand()), Reserved: int(level.GetReserved()), Available: int(level.GetAvailable()),
				Version: level.GetVersion(), UpdatedAt: level.GetUpdatedAt().AsTime(),
			}
		}
	}
}

// StockLevels are the levels of the variants, in their order; nil where
// Inventory has no record, and for what the caller may not change.
func (s *Service) StockLevels(ctx context.Context, variants []*Variant) ([]*StockLevel, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]*StockLevel, len(variants))
	for i, v := range variants {
		if !by.all && by.sellerID != v.Product.SellerID {
			continue
		}
		v.levels.once.Do(func() { v.levels.read(ctx, s.stock) })
		if v.levels.err != nil {
			return nil, v.levels.err
		}
		all[i] = v.levels.byID[v.ID]
	}
	return all, nil
}

// registerEvents registers the handlers of all events that the service
// consumes.
func (s *Service) registerEvents() {
	inbox.OnAll(s.events, func(ctx context.Context, levels []event.LevelChanged, _ []event.Envelope) error {
		newest := map[string]*rpcv1.Level{} // a statement writes a row once
		for _, l := range levels {
			if known := newest[l.VariantID]; known == nil || known.GetVersion() < l.Version {
				newest[l.VariantID] = &rpcv1.Level{
					VariantId: l.VariantID, Available: int32(l.Available), Version: l.Version, UpdatedAt: timestamppb.New(l.At),
				}
			}
		}
		return s.storeLevels(ctx, slices.Collect(maps.Values(newest))...)
	})
	inbox.OnDirect(s.events, s.storeClaims)
}

// storeClaims stores what Inventory reports of a flash sale's item, unless it is older
// than what is stored.
func (s *Service) storeClaims(ctx context.Context, c event.FlashSaleClaimed, _ event.Envelope) error {
	_, err := db.New(s.pool).StoreFlashSaleClaims(ctx, db.StoreFlashSaleClaimsParams{
		SaleID: c.SaleID, VariantID: c.VariantID, SaleVersion: c.SaleVersion, Held: int32(c.Held), Sold: int32(c.Sold), Version: c.Version,
	})
	return wrap("store claims on a flash sale", err)
}

// Register lets a part of the service consume events, before the first one is
// handled.
func (s *Service) Register(handlers func(*inbox.Mux)) { handlers(s.events) }

// Topics are the topics to subscribe Handle to.
func (s *Service) Topics() []event.Topic { return s.events.Topics() }

// Handle stores the availability that an event reports. A version that is not
// newer than the stored one changes nothing, so events may be repeated and
// late.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error { return s.events.Handle(ctx, e) }

// HandleAll is Handle for several events.
func (s *Service) HandleAll(ctx context.Context, events []event.Envelope) error {
	return s.events.HandleAll(ctx, events)
}

// storeLevels stores those of the levels that are newer than the stored ones. Nil is
// none.
func (s *Service) storeLevels(ctx context.Context, levels ...*rpcv1.Level) error {
	var rows db.StoreLevelsParams
	slices.SortFunc(levels, func(a, b *rpcv1.Level) int { return strings.Compare(a.GetVariantId(), b.GetVariantId()) })
	for _, l := range levels {
		if l != nil {
			rows.VariantIDs, rows.Available = append(rows.VariantIDs, l.GetVariantId()), append(rows.Available, l.GetAvailable())
			rows.Versions, rows.AsOf = append(rows.Versions, l.GetVersion()), append(rows.AsOf, l.GetUpdatedAt().AsTime())
		}
	}
	if len(rows.VariantIDs) == 0 {
		return nil
	}
	return wrap("store levels", db.New(s.pool).StoreLevels(ctx, rows))
}

package product

import (
	"context"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

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
	case c.IdempotencyKey == "" || utf8.RuneCountInString(c.IdempotencyKey) > limits.IdempotencyKeyLength || len(storable([]string{c.IdempotencyKey})) == 0:
		return fault.Localized(fault.Invalid, "common.idempotency_key", message.Args{"limit": limits.IdempotencyKeyLength}).At("input", "idempotencyKey")
	default:
		return nil
	}
}

// AdjustStock changes the quantity on hand in Inventory and returns the variant
// after the change. Repeating a change with the same key has no effect.
func (s *Service) AdjustStock(ctx context.Context, c StockChange) (v *Variant, replayed bool, err error) {
	if err := c.check(); err != nil {
		return nil, false, err
	}
	known, err := s.VariantsByID(ctx, []string{c.VariantID})
	if err != nil {
		return nil, false, err
	}
	unknown := known[c.VariantID] == nil
	request := &rpcv1.AdjustRequest{
		VariantId: c.VariantID, Delta: int32(c.Delta), Reason: string(c.Reason), IdempotencyKey: c.IdempotencyKey,
		CompareKeyOnly: unknown, // a used key whose variant was changed is reported as reused
	}
	if c.ChangeFrom != nil {
		request.ChangeFrom = new(int32(*c.ChangeFrom))
	}
	answer, err := s.stock.Adjust(ctx, request)
	if err != nil {
		return nil, false, wrap("adjust stock of "+c.VariantID, err)
	}
	switch level := answer.GetLevel(); {
	case answer.KeyFirstUsedAt != nil:
		return nil, false, idempotency.Reused(answer.GetKeyFirstUsedAt().AsTime())
	case unknown:
		return nil, false, fault.Localized(fault.NotFound, "product.unknown_variant").At("input", "variantId")
	case answer.GetVersionMismatch():
		return nil, false, &StockVersionError{int(level.GetOnHand()), fault.Localized(fault.Conflict, "product.on_hand_changed",
			message.Args{"quantity": level.GetOnHand()}).WithCode("STOCK_VERSION_MISMATCH").At("input", "changeFromQuantity")}
	case answer.GetNotEnough():
		return nil, false, fault.Localized(fault.Conflict, "product.not_enough_stock", message.Args{"quantity": level.GetAvailable()}).At("input", "delta")
	case level != nil:
		// The event arrives later; the caller reads its own change now.
		if err := s.storeLevel(ctx, level.GetVariantId(), int(level.GetAvailable()), level.GetVersion(), level.GetUpdatedAt().AsTime()); err != nil {
			return nil, false, err
		}
	}
	changed, err := s.VariantsByID(ctx, []string{c.VariantID})
	return changed[c.VariantID], answer.GetReplayed(), err
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
// Inventory has no record.
func (s *Service) StockLevels(ctx context.Context, variants []*Variant) ([]*StockLevel, error) {
	all := make([]*StockLevel, len(variants))
	for i, v := range variants {
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
	inbox.OnDirect(s.events, func(ctx context.Context, level event.LevelChanged, _ event.Envelope) error {
		return s.storeLevel(ctx, level.VariantID, level.Available, level.Version, level.At)
	})
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

func (s *Service) storeLevel(ctx context.Context, variantID string, available int, version int64, at time.Time) error {
	_, err := db.New(s.pool).StoreLevel(ctx, db.StoreLevelParams{
		VariantID: variantID, Available: int32(available), Version: version, AsOf: at.UTC(),
	})
	return wrap("store level of "+variantID, err)
}

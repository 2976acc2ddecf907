package product

import (
	"context"
	"slices"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/product/db"
)

// maxDelta is the most that stock changes at once by hand.
const maxDelta = 1_000_000

// StockLevel is what stock itself says of a variant.
type StockLevel struct {
	OnHand, Reserved, Available int
	Version                     int64
	UpdatedAt                   time.Time
}

// StockReason says why stock changes by hand; the values are the graph's.
type StockReason string

// StockChange is a change of what is on hand.
type StockChange struct {
	VariantID      string
	Delta          int
	ChangeFrom     *int // on hand as the caller saw it
	Reason         StockReason
	IdempotencyKey string
}

// StockVersionError answers a change whose caller saw another quantity.
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
		return fault.New(fault.Invalid, "Stock changes by 1 to %d units.", maxDelta).At("input", "delta")
	case c.ChangeFrom != nil && (*c.ChangeFrom < 0 || *c.ChangeFrom > 1<<30):
		return fault.New(fault.Invalid, "What is on hand cannot be %d.", *c.ChangeFrom).At("input", "changeFromQuantity")
	case c.IdempotencyKey == "" || len(c.IdempotencyKey) > 200:
		return fault.New(fault.Invalid, "An idempotency key has 1 to 200 characters.").At("input", "idempotencyKey")
	default:
		return nil
	}
}

// AdjustStock asks stock to change what is on hand, and shows the variant as
// it is then. A change that was made before with the same key is not made
// again.
func (s *Service) AdjustStock(ctx context.Context, c StockChange) (v *Variant, replayed bool, err error) {
	if err := c.check(); err != nil {
		return nil, false, err
	}
	known, err := s.VariantsByID(ctx, []string{c.VariantID})
	if err != nil {
		return nil, false, err
	}
	if known[c.VariantID] == nil {
		return nil, false, fault.New(fault.NotFound, "There is no variant %s.", c.VariantID).At("input", "variantId")
	}
	request := &rpcv1.AdjustRequest{
		VariantId: c.VariantID, Delta: int32(c.Delta), Reason: string(c.Reason), IdempotencyKey: c.IdempotencyKey, ActorId: auth.From(ctx).ID,
	}
	if c.ChangeFrom != nil {
		request.ChangeFrom = new(int32(*c.ChangeFrom))
	}
	answer, err := s.stock.Adjust(ctx, request)
	if err != nil {
		return nil, false, wrap("adjust stock of "+c.VariantID, err)
	}
	switch level := answer.GetLevel(); {
	case answer.GetVersionMismatch():
		return nil, false, &StockVersionError{int(level.GetOnHand()), fault.New(fault.Conflict,
			"There are %d on hand now.", level.GetOnHand()).WithCode("STOCK_VERSION_MISMATCH").At("input", "changeFromQuantity")}
	case answer.GetNotEnough():
		return nil, false, fault.New(fault.Conflict, "Only %d are free to take away.", level.GetAvailable()).At("input", "delta")
	case level != nil:
		// Stock's event is on its way; its caller should see the change now.
		if err := s.copyLevel(ctx, level.GetVariantId(), int(level.GetAvailable()), level.GetVersion(), level.GetUpdatedAt().AsTime()); err != nil {
			return nil, false, err
		}
	}
	changed, err := s.VariantsByID(ctx, []string{c.VariantID})
	return changed[c.VariantID], answer.GetReplayed(), err
}

// levels are those of all variants that were read together: whoever asks for
// one of them has them all read at once.
type levels struct {
	variantIDs []string
	once       sync.Once
	byID       map[string]*StockLevel
	err        error
}

// maxLevels is how many levels are asked for at once.
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

// StockLevels are what stock says of each variant; nil where it has none.
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

// Topics are what Handle wants to hear.
func (s *Service) Topics() []event.Topic { return []event.Topic{event.InventoryLevels} }

// Handle copies what stock says. What is older than the copy changes nothing,
// so an event may come twice and late.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error {
	if e.Type != event.Type[event.LevelChanged]() {
		return nil
	}
	level, err := event.Decode[event.LevelChanged](e)
	if err != nil {
		return err
	}
	return s.copyLevel(ctx, level.VariantID, level.Available, level.Version, level.At)
}

func (s *Service) copyLevel(ctx context.Context, variantID string, available int, version int64, at time.Time) error {
	_, err := db.New(s.pool).CopyLevel(ctx, db.CopyLevelParams{
		VariantID: variantID, Available: int32(available), Version: version, AsOf: at.UTC(),
	})
	return wrap("copy level of "+variantID, err)
}

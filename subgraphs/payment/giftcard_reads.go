package payment

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/giftcard"
	"cartograph/internal/money"
	"cartograph/internal/pg"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment/db"
)

// GiftCard returns a card by its ID; nil if there is none.
func (s *Service) GiftCard(ctx context.Context, cardID string) (*GiftCard, error) {
	found, err := db.New(s.pool).GiftCardsByID(ctx, []string{pg.Storable(cardID)})
	if err != nil {
		return nil, fmt.Errorf("read gift card %s: %w", cardID, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return giftCardOf(found[0].GiftCard, found[0].ReadAt), nil
}

// GiftCardByCode returns the card of a code as it is typed, with the last characters
// of that code; nil if there is none. It requires no caller: who has the code has the
// card. A text that is no code is refused without a query.
func (s *Service) GiftCardByCode(ctx context.Context, typed string) (*GiftCard, error) {
	code, ok := giftcard.Parse(typed)
	if !ok {
		return nil, nil
	}
	return s.giftCardByHash(ctx, code.Hash())
}

func (s *Service) giftCardByHash(ctx context.Context, hash []byte) (*GiftCard, error) {
	row, err := db.New(s.pool).GiftCardByCode(ctx, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a gift card by its code: %w", err)
	}
	card := giftCardOf(row.GiftCard, row.ReadAt)
	card.LastCharacters = row.TypedLastCharacters
	return card, nil
}

// GiftCardFilter narrows a list of cards. The zero filter matches all.
type GiftCardFilter struct {
	LastCharacters string // of a code of the card
}

const newestGiftCardsFirst = "giftCards:newest"

// GiftCardPage is a page of a list of cards.
type GiftCardPage struct {
	Nodes    []*GiftCard
	PageInfo subgraph.PageInfo
}

// GiftCards returns the first cards after a cursor that match a filter, newest first.
func (s *Service) GiftCards(ctx context.Context, f GiftCardFilter, first int, after *string) (*GiftCardPage, error) {
	at, id := maxTime, "" // sorts before every card
	hasCursor, err := subgraph.DecodeCursor(after, newestGiftCardsFirst, &at, &id)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).ListGiftCards(ctx, db.ListGiftCardsParams{
		LastCharacters: pg.Storable(f.LastCharacters), AfterCreatedAt: at, AfterID: pg.Storable(id), MaxRows: int32(first) + 1, //nolint:gosec // a page is small
	})
	if err != nil {
		return nil, fmt.Errorf("list gift cards: %w", err)
	}
	cards := make([]*GiftCard, len(rows))
	for i, row := range rows {
		cards[i] = giftCardOf(row.GiftCard, row.ReadAt)
	}
	page := &GiftCardPage{}
	page.Nodes, page.PageInfo = subgraph.Page(cards, first, hasCursor, func(g *GiftCard) string {
		return subgraph.EncodeCursor(newestGiftCardsFirst, g.CreatedAt, g.ID)
	})
	return page, nil
}

// movementPage bounds the movements that are shown of a card.
const movementPage = 50

// GiftCardMovements returns the latest movements of each card, newest first.
func (s *Service) GiftCardMovements(ctx context.Context, cards []*GiftCard) ([][]*GiftCardMovement, error) {
	ids := make([]string, len(cards))
	for i, c := range cards {
		ids[i] = c.ID
	}
	rows, err := db.New(s.pool).GiftCardMovements(ctx, db.GiftCardMovementsParams{CardIDs: ids, MaxRows: movementPage})
	if err != nil {
		return nil, fmt.Errorf("read the movements of %d gift cards: %w", len(cards), err)
	}
	byCard := map[string][]db.GiftCardMovement{}
	for _, row := range rows {
		byCard[row.CardID] = append(byCard[row.CardID], row)
	}
	return collect(cards, func(c *GiftCard) ([]*GiftCardMovement, error) {
		movements := make([]*GiftCardMovement, len(byCard[c.ID]))
		for i, row := range byCard[c.ID] {
			movements[i] = &GiftCardMovement{
				Kind: GiftCardMovementKind(row.Kind), Amount: money.Money{Minor: row.AmountMinor, Currency: c.Issued.Currency},
				PaymentID: row.PaymentID, At: row.At,
			}
		}
		return movements, nil
	})
}

// GiftCardUse is the part of a payment that a gift card pays.
type GiftCardUse struct {
	LastCharacters   string // of the code that the customer typed
	Amount, Refunded money.Money
}

// GiftCardsByPayment returns the gift cards of each payment, in the order of their use.
func (s *Service) GiftCardsByPayment(ctx context.Context, paymentIDs []string) (map[string][]*GiftCardUse, error) {
	rows, err := db.New(s.pool).GiftCardsOfPayments(ctx, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read the gift cards of %d payments: %w", len(paymentIDs), err)
	}
	found := map[string][]*GiftCardUse{}
	for _, row := range rows {
		in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: row.Currency} }
		found[row.PaymentID] = append(found[row.PaymentID], &GiftCardUse{
			LastCharacters: row.LastCharacters, Amount: in(row.AmountMinor), Refunded: in(row.RefundedMinor),
		})
	}
	return found, nil
}

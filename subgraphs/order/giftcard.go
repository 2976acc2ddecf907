package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/giftcard"
	"cartograph/internal/message"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// AppliedGiftCard is a gift card that a customer has applied to a checkout. Nothing is
// taken from it before the order is paid: Payment, which owns the balances, declines a
// payment that a card cannot pay its part of any more.
type AppliedGiftCard struct {
	CardID         string `json:"cardId"`
	LastCharacters string `json:"lastCharacters"` // of the code that was typed
	BalanceMinor   int64  `json:"balanceMinor"`   // when it was applied
}

// GiftCardPart is the part of a total that a gift card pays.
type GiftCardPart struct {
	ID             string
	LastCharacters string
	Amount         money.Money
}

// parts are what the applied cards pay of the total: each what the earlier ones leave.
// Cards that nothing is left for have no part.
func (c *Checkout) parts() []event.GiftCardPart {
	parts, due := []event.GiftCardPart{}, c.Total.Minor
	for _, card := range c.Applied {
		if pays := min(due, card.BalanceMinor); pays > 0 {
			parts = append(parts, event.GiftCardPart{CardID: card.CardID, LastCharacters: card.LastCharacters, AmountMinor: pays})
			due -= pays
		}
	}
	return parts
}

// GiftCards are the applied cards with what each pays, which may be nothing.
func (c *Checkout) GiftCards() []GiftCardPart {
	parts := make([]GiftCardPart, len(c.Applied))
	paid := c.parts()
	for i, card := range c.Applied {
		parts[i] = GiftCardPart{ID: card.CardID, LastCharacters: card.LastCharacters, Amount: money.Zero(c.Total.Currency)}
		if i < len(paid) { // the cards without a part are the last ones
			parts[i].Amount.Minor = paid[i].AmountMinor
		}
	}
	return parts
}

// AmountDue is what remains of the total to be paid otherwise.
func (c *Checkout) AmountDue() money.Money { return due(c.Total, c.parts()) }

// GiftCards are what gift cards pay of the order.
func (o *Order) GiftCards() []GiftCardPart {
	parts := make([]GiftCardPart, len(o.Gifts))
	for i, p := range o.Gifts {
		parts[i] = GiftCardPart{ID: p.CardID, LastCharacters: p.LastCharacters, Amount: money.Money{Minor: p.AmountMinor, Currency: o.Total.Currency}}
	}
	return parts
}

func due(total money.Money, parts []event.GiftCardPart) money.Money {
	for _, p := range parts {
		total.Minor -= p.AmountMinor
	}
	return total
}

// ApplyGiftCards adds the cards of codes to an open checkout, or refreshes them. Either
// all are added or none.
func (s *Service) ApplyGiftCards(ctx context.Context, checkoutID string, codes []string) (*Checkout, error) {
	if len(codes) == 0 || len(codes) > giftcard.MaxCards {
		return nil, tooManyGiftCards()
	}
	// No card is looked up for somebody else's checkout.
	c, err := s.ownCheckout(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	cards := make([]AppliedGiftCard, len(codes))
	for i, code := range codes {
		if cards[i], err = s.findGiftCard(ctx, code, c.Total.Currency); err != nil {
			if f := fault.Of(err); f != nil && f.Kind != fault.Unavailable {
				err = f.At("codes", strconv.Itoa(i))
			}
			return nil, err
		}
	}
	return s.setGiftCards(ctx, checkoutID, func(applied []AppliedGiftCard) ([]AppliedGiftCard, error) {
		for _, card := range cards {
			at := slices.IndexFunc(applied, func(a AppliedGiftCard) bool { return a.CardID == card.CardID })
			if at < 0 {
				applied = append(applied, card)
			} else {
				applied[at] = card
			}
		}
		if len(applied) > giftcard.MaxCards {
			return nil, tooManyGiftCards()
		}
		return applied, nil
	})
}

// RemoveGiftCards removes cards from an open checkout. Those that it does not have are
// ignored.
func (s *Service) RemoveGiftCards(ctx context.Context, checkoutID string, cardIDs []string) (*Checkout, error) {
	return s.setGiftCards(ctx, checkoutID, func(applied []AppliedGiftCard) ([]AppliedGiftCard, error) {
		return slices.DeleteFunc(applied, func(a AppliedGiftCard) bool { return slices.Contains(cardIDs, a.CardID) }), nil
	})
}

// setGiftCards stores the cards of an open checkout as change makes them.
func (s *Service) setGiftCards(ctx context.Context, checkoutID string, change func([]AppliedGiftCard) ([]AppliedGiftCard, error)) (*Checkout, error) {
	return s.change(ctx, checkoutID, func(l *locked) error {
		if err := l.Checkout.checkOpen(); err != nil {
			return err
		}
		applied, err := change(slices.Clone(l.Checkout.Applied))
		if err != nil {
			return err
		}
		if slices.Equal(applied, l.Checkout.Applied) {
			return nil
		}
		l.Checkout.Applied = applied
		encoded, err := encodeGiftCards(applied)
		if err != nil {
			return err
		}
		if err := l.q.SetGiftCards(ctx, db.SetGiftCardsParams{ID: checkoutID, GiftCards: encoded}); err != nil {
			return fmt.Errorf("store gift cards of %s: %w", checkoutID, err)
		}
		l.Checkout.Version++
		return s.save(ctx, l, Change{Changed: true, Events: []PendingEvent{eventCheckoutChanged}})
	})
}

// findGiftCard returns the card of a code if it can pay in a currency. Payment gets the
// code's hash only; a text that is no code is refused without a call.
func (s *Service) findGiftCard(ctx context.Context, typed, currency string) (AppliedGiftCard, error) {
	code, ok := giftcard.Parse(typed)
	if !ok {
		return AppliedGiftCard{}, unusable("order.gift_card.unknown")
	}
	ctx, cancel := context.WithTimeout(ctx, holdBudget)
	defer cancel()
	found, err := s.ports.Payments.FindGiftCard(ctx, &rpcv1.FindGiftCardRequest{CodeHash: code.Hash()})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return AppliedGiftCard{}, unusable("order.gift_card.unknown")
	case err != nil:
		return AppliedGiftCard{}, fmt.Errorf("find a gift card: %w", err)
	case found.GetStatus() == "EXPIRED":
		return AppliedGiftCard{}, unusable("order.gift_card.expired")
	case found.GetStatus() == "USED_UP":
		return AppliedGiftCard{}, unusable("order.gift_card.used_up")
	case found.GetStatus() != "ACTIVE":
		return AppliedGiftCard{}, unusable("order.gift_card.unknown")
	case found.GetCurrency() != currency:
		return AppliedGiftCard{}, unusable("order.gift_card.other_currency", message.Args{"currency": found.GetCurrency()})
	}
	return AppliedGiftCard{CardID: found.GetCardId(), LastCharacters: found.GetLastCharacters(), BalanceMinor: found.GetBalanceMinor()}, nil
}

func unusable(key message.Key, args ...message.Args) *fault.Error {
	return fault.Localized(fault.Conflict, key, args...).WithCode("GIFT_CARD_UNUSABLE")
}

func tooManyGiftCards() error {
	return fault.Localized(fault.Invalid, "order.gift_card.too_many", message.Args{"limit": giftcard.MaxCards}).At("codes")
}

// encodeGiftCards is cards as JSON, never null.
func encodeGiftCards[T any](cards []T) ([]byte, error) { return json.Marshal(append([]T{}, cards...)) }

func giftCardsOf[T any](stored []byte) (cards []T, err error) {
	if err := json.Unmarshal(stored, &cards); err != nil {
		return nil, fmt.Errorf("read gift cards: %w", err)
	}
	return cards, nil
}

// sentParts are parts as calls have them.
func sentParts(parts []event.GiftCardPart) []*rpcv1.GiftCardPart {
	sent := make([]*rpcv1.GiftCardPart, len(parts))
	for i, p := range parts {
		sent[i] = &rpcv1.GiftCardPart{CardId: p.CardID, LastCharacters: p.LastCharacters, AmountMinor: p.AmountMinor}
	}
	return sent
}

package order_test

import (
	"fmt"
	"strings"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/giftcard"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// card is a card that Payment has, by its code.
func card(env *ordertest.Env, id string, minor int64, status, currency string) string {
	code := giftcard.New()
	env.Payments.AddGiftCard(code, &rpcv1.FindGiftCardResponse{CardId: id, Status: status, BalanceMinor: minor, Currency: currency})
	return code.String()
}

// parts shortens what cards pay: "gft_1 500, gft_2 0".
func parts(cards []order.GiftCardPart) string {
	var all []string
	for _, c := range cards {
		all = append(all, fmt.Sprint(c.ID, " ", c.Amount.Minor))
	}
	return strings.Join(all, ", ")
}

func apply(t *testing.T, env *ordertest.Env, c *order.Checkout, codes ...string) *order.Checkout {
	t.Helper()
	c, err := env.Service.ApplyGiftCards(ada(t), c.ID, codes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGiftCardsPayOneAfterTheOther(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	total, version := c.Total.Minor, c.Version
	first, second, third := card(env, "gft_1", 500, "ACTIVE", "USD"), card(env, "gft_2", total, "ACTIVE", "USD"), card(env, "gft_3", 100, "ACTIVE", "USD")
	c = apply(t, env, c, first)
	want(t, "amount due", c.AmountDue().Minor, total-500)
	want(t, "version", c.Version, version+1)
	c = apply(t, env, c, first)
	want(t, "version after the same card", c.Version, version+1)
	c = apply(t, env, c, second, third)
	want(t, "parts", parts(c.GiftCards()), fmt.Sprintf("gft_1 500, gft_2 %d, gft_3 0", total-500))
	want(t, "amount due", c.AmountDue().Minor, int64(0))
	want(t, "total", c.Total.Minor, total)
	c, err := env.Service.RemoveGiftCards(ada(t), c.ID, []string{"gft_2", "gft_none"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "parts without the second", parts(c.GiftCards()), "gft_1 500, gft_3 100")
	again, err := env.Service.Requote(ada(t), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "parts of the new quote", parts(again.GiftCards()), "gft_1 500, gft_3 100")
}

func TestGiftCardsThatCannotBeApplied(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	good := card(env, "gft_1", 500, "ACTIVE", "USD")
	many := []string{}
	for i := range giftcard.MaxCards + 1 {
		many = append(many, card(env, fmt.Sprint("gft_m", i), 1, "ACTIVE", "USD"))
	}
	for name, tt := range map[string]struct {
		codes []string
		want  string
		path  string
	}{
		"no code":          {[]string{good, "hello"}, "GIFT_CARD_UNUSABLE", "codes 1"},
		"unknown":          {[]string{giftcard.New().String()}, "GIFT_CARD_UNUSABLE", "codes 0"},
		"expired":          {[]string{card(env, "gft_2", 500, "EXPIRED", "USD")}, "GIFT_CARD_UNUSABLE", "codes 0"},
		"disabled":         {[]string{card(env, "gft_3", 500, "DISABLED", "USD")}, "GIFT_CARD_UNUSABLE", "codes 0"},
		"used up":          {[]string{card(env, "gft_4", 0, "USED_UP", "USD")}, "GIFT_CARD_UNUSABLE", "codes 0"},
		"another currency": {[]string{card(env, "gft_5", 500, "ACTIVE", "EUR")}, "GIFT_CARD_UNUSABLE", "codes 0"},
		"none":             {[]string{}, "INVALID_INPUT", "codes"},
		"too many":         {many, "INVALID_INPUT", "codes"},
	} {
		_, err := env.Service.ApplyGiftCards(ada(t), c.ID, tt.codes)
		if f := fault.Of(err); f == nil || f.Code != tt.want || strings.Join(f.Path, " ") != tt.path {
			t.Errorf("%s: %v, want %s at %s", name, err, tt.want, tt.path)
		}
	}
	eve := ordertest.As(t.Context(), ordertest.Eve)
	if _, err := env.Service.ApplyGiftCards(eve, c.ID, []string{good}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another's checkout: %v, want NOT_FOUND", err)
	}
	apply(t, env, c, many[:giftcard.MaxCards]...)
	if _, err := env.Service.ApplyGiftCards(ada(t), c.ID, many[giftcard.MaxCards:]); fault.CodeOf(err) != "INVALID_INPUT" {
		t.Errorf("one card more: %v, want INVALID_INPUT", err)
	}
	env.Payments.Down.Store(true)
	if _, err := env.Service.ApplyGiftCards(ada(t), c.ID, []string{good}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without Payment: %v, want it to be unavailable", err)
	}
}

// published is the event of a type among those that were published.
func published[P event.Payload](t *testing.T, env *ordertest.Env) P {
	t.Helper()
	for _, e := range env.Published(t) {
		if e.Type == event.Type[P]() {
			payload, err := event.Decode[P](e)
			if err != nil {
				t.Fatal(err)
			}
			return payload
		}
	}
	t.Fatalf("no %s was published", event.Type[P]())
	panic("unreachable")
}

func TestAnOrderThatGiftCardsCoverIsPaidWithoutAPayment(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	c = apply(t, env, c, card(env, "gft_1", c.Total.Minor+100, "ACTIVE", "USD"))
	env.Payments.Down.Store(true)
	res, err := env.Service.Place(ada(t), order.PlaceInput{CheckoutID: c.ID, ExpectedTotal: c.Total, Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "payment status", res.Order.PaymentStatus, order.PaymentPending)
	want(t, "parts of the order", parts(res.Order.GiftCards()), fmt.Sprint("gft_1 ", c.Total.Minor))
	pay := published[event.PaymentDue](t, env)
	want(t, "token", pay.Token, giftcard.Placeholder)
	want(t, "amount", pay.AmountMinor, c.Total.Minor)
	if len(pay.GiftCards) != 1 || pay.GiftCards[0].CardID != "gft_1" || pay.GiftCards[0].AmountMinor != c.Total.Minor {
		t.Errorf("PaymentDue has the cards %v", pay.GiftCards)
	}
	if _, err := env.Service.ApplyGiftCards(ada(t), c.ID, []string{giftcard.New().String()}); fault.Of(err) == nil {
		t.Errorf("a card was applied to an ordered checkout: %v", err)
	}
}

func TestAnOrderThatGiftCardsPayInPartWaitsForTheRest(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	c = apply(t, env, c, card(env, "gft_1", 500, "ACTIVE", "USD"))
	res, err := env.Service.Place(ada(t), order.PlaceInput{CheckoutID: c.ID, ExpectedTotal: c.Total, Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "payment status", res.Order.PaymentStatus, order.Unpaid)
	placed := published[event.OrderPlaced](t, env)
	if len(placed.GiftCards) != 1 || placed.GiftCards[0].AmountMinor != 500 || placed.TotalMinor != c.Total.Minor {
		t.Errorf("OrderPlaced has the cards %v of %d", placed.GiftCards, placed.TotalMinor)
	}
	payable, err := order.NewServer(env.Service).Payable(ada(t), &rpcv1.PayableRequest{OrderId: res.Order.ID, OwnerIds: []string{ordertest.Ada.ID}})
	if err != nil || len(payable.GetGiftCards()) != 1 || payable.GetGiftCards()[0].GetAmountMinor() != 500 {
		t.Errorf("payable = %v, %v, want the card's part", payable, err)
	}
}

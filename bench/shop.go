package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"cartograph/internal/id"
)

// shop is the system under load, and the ids that scenarios use.
type shop struct {
	url      string
	http     *http.Client
	slugs    []string
	variants []string
}

const email = "load@example.test"

// words are search terms with hits, some of them misspelt.
var words = []string{"headphones", "hedphones", "lamp", "mug", "backpack", "wireles", "chair", "kettle", "black", "coffee", "keyb", "speaker"}

// survey waits until the whole catalogue is searchable, and collects ids.
func survey(ctx context.Context, url string, products int) (*shop, error) {
	s := &shop{url: url, http: &http.Client{Timeout: 30 * time.Second, Transport: transport(url)}}
	for deadline := time.Now().Add(5 * time.Minute); ; {
		var found struct{ Search struct{ TotalCount int } }
		if err := s.query(ctx, "", `{ search(first: 1) { totalCount } }`, nil, &found); err != nil {
			return nil, err
		}
		if found.Search.TotalCount >= products {
			break
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("only %d products are searchable", found.Search.TotalCount)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return s, s.look(ctx)
}

func (s *shop) look(ctx context.Context) error {
	var after *string
	for len(s.slugs) < 1000 {
		var page struct {
			Search struct {
				Nodes []struct {
					Slug     string
					Variants struct {
						Nodes []struct {
							ID           string
							Availability struct{ CanBuy bool }
						}
					}
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		err := s.query(ctx, "", `query($after: String) { search(first: 50, sort: NEWEST, after: $after) { pageInfo { hasNextPage endCursor }
			nodes { slug variants(first: 5) { nodes { id availability { canBuy } } } } } }`, map[string]any{"after": after}, &page)
		if err != nil {
			return err
		}
		for _, p := range page.Search.Nodes {
			s.slugs = append(s.slugs, p.Slug)
			for _, v := range p.Variants.Nodes {
				if v.Availability.CanBuy {
					s.variants = append(s.variants, v.ID)
				}
			}
		}
		if !page.Search.PageInfo.HasNextPage {
			break
		}
		after = page.Search.PageInfo.EndCursor
	}
	if len(s.variants) == 0 {
		return errors.New("no variant can be bought")
	}
	return nil
}

// query sends an operation; errors in the response are errors.
func (s *shop) query(ctx context.Context, token, document string, variables map[string]any, data any) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	began := time.Now()
	res, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []fault
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("%s: %.100s", res.Status, raw)
	}
	if len(answer.Errors) > 0 {
		return answer.Errors[0].err(time.Since(began), res.Header.Get("Retry-After") != "")
	}
	return json.Unmarshal(answer.Data, data)
}

func pick[T any](from []T) T { return from[rand.IntN(len(from))] } //nolint:gosec // load, not secrets

func (s *shop) guest(ctx context.Context) (token string, err error) {
	var data struct {
		GuestSessionCreate struct{ Session struct{ AccessToken string } }
	}
	err = s.query(ctx, "", `mutation { guestSessionCreate { session { accessToken } } }`, nil, &data)
	return data.GuestSessionCreate.Session.AccessToken, err
}

type userErrors []struct{ Code, Message string }

func (e userErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s", e[0].Code, e[0].Message)
}

func (s *shop) add(ctx context.Context, token, variantID string) (cartID string, err error) {
	var data struct {
		CartLinesAdd struct {
			Cart       struct{ ID string }
			UserErrors userErrors
		}
	}
	err = s.query(ctx, token, `mutation($v: ID!) { cartLinesAdd(lines: [{variantId: $v, quantity: 1}]) {
		cart { id version totalQuantity cost { total { formatted } } lines { nodes { id quantity snapshot { title } cost { total { formatted } } } } }
		userErrors { code message } } }`, map[string]any{"v": variantID}, &data)
	return data.CartLinesAdd.Cart.ID, cmp.Or(err, data.CartLinesAdd.UserErrors.err())
}

// buy is a whole purchase, from a new guest to a confirmed order.
func (s *shop) buy(ctx context.Context) error {
	token, err := s.guest(ctx)
	if err != nil {
		return err
	}
	cartID, err := s.add(ctx, token, pick(s.variants))
	if err != nil {
		return err
	}
	checkout, total, err := s.checkout(ctx, token, cartID, true)
	if err != nil {
		return err
	}
	orderID, err := s.place(ctx, token, checkout, total)
	if err != nil {
		return err
	}
	return s.awaitConfirmed(ctx, token, orderID)
}

type amount struct{ Amount, CurrencyCode string }

// home is an address of delivery.
var home = map[string]any{"name": "Load", "line1": "1 Way", "city": "Portland", "region": "OR", "postalCode": "97201", "countryCode": "US"}

type checkoutPayload struct {
	Checkout struct {
		ID   string
		Cost struct{ Total amount }
	}
	UserErrors userErrors
}

const checkoutFields = `{ checkout { id cost { total { amount currencyCode } } reservation { status } } userErrors { code message } }`

// checkout opens a checkout. Without an e-mail address and a postal one, deliver
// completes it.
func (s *shop) checkout(ctx context.Context, token, cartID string, complete bool) (checkoutID string, total amount, err error) {
	input := map[string]any{"cartId": cartID, "idempotencyKey": id.New("key")}
	if complete {
		input["email"], input["shippingAddress"] = email, home
	}
	var data struct{ CheckoutCreate checkoutPayload }
	err = s.query(ctx, token, `mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) `+checkoutFields+` }`,
		map[string]any{"input": input}, &data)
	c := data.CheckoutCreate
	return c.Checkout.ID, c.Checkout.Cost.Total, cmp.Or(err, c.UserErrors.err())
}

// deliver gives a checkout its addresses.
func (s *shop) deliver(ctx context.Context, token, checkoutID string) (total amount, err error) {
	var data struct{ CheckoutUpdate checkoutPayload }
	err = s.query(ctx, token, `mutation($id: ID!, $input: CheckoutUpdateInput!) { checkoutUpdate(checkoutId: $id, input: $input) `+checkoutFields+` }`,
		map[string]any{"id": checkoutID, "input": map[string]any{"email": email, "shippingAddress": home}}, &data)
	c := data.CheckoutUpdate
	return c.Checkout.Cost.Total, cmp.Or(err, c.UserErrors.err())
}

func (s *shop) place(ctx context.Context, token, checkoutID string, total amount) (orderID string, err error) {
	var data struct {
		OrderPlace struct {
			Order      struct{ ID string }
			UserErrors userErrors
		}
	}
	err = s.query(ctx, token, `mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { order { id status } userErrors { code message } } }`,
		map[string]any{"input": map[string]any{
			"checkoutId": checkoutID, "idempotencyKey": id.New("key"), "payment": map[string]any{"token": "tok_ok"},
			"expectedTotal": map[string]any{"amount": total.Amount, "currencyCode": total.CurrencyCode},
		}}, &data)
	return data.OrderPlace.Order.ID, cmp.Or(err, data.OrderPlace.UserErrors.err())
}

// awaitConfirmed polls with growing intervals until the order is confirmed.
func (s *shop) awaitConfirmed(ctx context.Context, token, orderID string) error {
	for pause := 20 * time.Millisecond; ; pause = min(pause*3/2, 500*time.Millisecond) {
		var data struct{ Order struct{ Status string } }
		err := s.query(ctx, token, `query($id: ID!) { order(id: $id) { status } }`, map[string]any{"id": orderID}, &data)
		if _, refused := errors.AsType[*refusal](err); refused {
			data.Order.Status = "PENDING_PAYMENT" // the purchase continues without us
		} else if err != nil {
			return err
		}
		switch data.Order.Status {
		case "CONFIRMED":
			return nil
		case "PENDING_PAYMENT":
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		default:
			return errors.New("the order ended " + data.Order.Status)
		}
	}
}

//go:build linux

package chaos

import "context"

const (
	guestSessionCreate = `mutation guestSessionCreate { guestSessionCreate { session { accessToken } userErrors { code message } } }`

	cartLinesAdd = `mutation cartLinesAdd($lines: [CartLineAddInput!]!, $key: ID!) {
		cartLinesAdd(lines: $lines, idempotencyKey: $key) { cart { id } userErrors { code message } } }`

	checkoutCreate = `mutation checkoutCreate($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
		checkout { id cost { total { amount currencyCode } } } userErrors { code message } } }`

	orderPlace = `mutation orderPlace($input: OrderPlaceInput!) { orderPlace(input: $input) {
		order { id number status } userErrors { code message } } }`

	paymentCreate = `mutation paymentCreate($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { id } userErrors { code message } } }`

	paymentConfirm = `mutation paymentConfirm($id: ID!, $key: ID!) { paymentConfirm(paymentId: $id, idempotencyKey: $key) { payment { id } userErrors { code message } } }`

	orderCancel = `mutation orderCancel($input: OrderCancelInput!) { orderCancel(input: $input) { order { id status } userErrors { code message } } }`

	orderByID = `query order($id: ID!) { order(id: $id) { id number status payments { id status nextAction { redirectUrl } } } }`
)

// userErrors are the problems of a command that was carried out or refused.
type userErrors []struct{ Code, Message string }

func (e userErrors) code() string {
	if len(e) == 0 {
		return ""
	}
	return e[0].Code
}

// orderView is an order as its customer sees it.
type orderView struct {
	ID, Number, Status string
	Payments           []struct {
		ID, Status string
		NextAction *struct{ RedirectURL string }
	}
}

func (o orderView) ended() bool { return o.Status != "" && o.Status != "PENDING_PAYMENT" }

func (c *client) guest(ctx context.Context) error {
	var data struct {
		GuestSessionCreate struct {
			Session    struct{ AccessToken string }
			UserErrors userErrors
		}
	}
	err := c.do(ctx, guestSessionCreate, nil, &data)
	c.token = data.GuestSessionCreate.Session.AccessToken
	return err
}

func (c *client) add(ctx context.Context, variant, key string) (cart string, problem userErrors, err error) {
	var data struct {
		CartLinesAdd struct {
			Cart       struct{ ID string }
			UserErrors userErrors
		}
	}
	err = c.do(ctx, cartLinesAdd, variables{"lines": []variables{{"variantId": variant, "quantity": 1}}, "key": key}, &data)
	return data.CartLinesAdd.Cart.ID, data.CartLinesAdd.UserErrors, err
}

// checkoutView is an open checkout.
type checkoutView struct {
	ID   string
	Cost struct {
		Total struct{ Amount, CurrencyCode string }
	}
}

func (c *client) checkout(ctx context.Context, cart, email, key string) (checkoutView, userErrors, error) {
	var data struct {
		CheckoutCreate struct {
			Checkout   checkoutView
			UserErrors userErrors
		}
	}
	err := c.do(ctx, checkoutCreate, variables{"input": variables{
		"cartId": cart, "email": email, "shippingMethodId": "standard", "idempotencyKey": key,
		"shippingAddress": variables{
			"name": "Ada Byron", "line1": "12 Analytical Row", "city": "Portland", "region": "OR", "postalCode": "97201", "countryCode": "US",
		},
	}}, &data)
	return data.CheckoutCreate.Checkout, data.CheckoutCreate.UserErrors, err
}

func (c *client) place(ctx context.Context, of checkoutView, token, key string) (orderView, userErrors, error) {
	var data struct {
		OrderPlace struct {
			Order      orderView
			UserErrors userErrors
		}
	}
	input := variables{
		"checkoutId": of.ID, "idempotencyKey": key,
		"expectedTotal": variables{"amount": of.Cost.Total.Amount, "currencyCode": of.Cost.Total.CurrencyCode},
	}
	if token != "" {
		input["payment"] = variables{"token": token}
	}
	err := c.do(ctx, orderPlace, variables{"input": input}, &data)
	return data.OrderPlace.Order, data.OrderPlace.UserErrors, err
}

func (c *client) pay(ctx context.Context, order, token, key string) (userErrors, error) {
	var data struct {
		PaymentCreate struct{ UserErrors userErrors }
	}
	err := c.do(ctx, paymentCreate, variables{"input": variables{
		"orderId": order, "instrument": variables{"token": token}, "idempotencyKey": key,
	}}, &data)
	return data.PaymentCreate.UserErrors, err
}

func (c *client) confirm(ctx context.Context, payment, key string) (userErrors, error) {
	var data struct {
		PaymentConfirm struct{ UserErrors userErrors }
	}
	err := c.do(ctx, paymentConfirm, variables{"id": payment, "key": key}, &data)
	return data.PaymentConfirm.UserErrors, err
}

func (c *client) cancel(ctx context.Context, order, key string) (orderView, userErrors, error) {
	var data struct {
		OrderCancel struct {
			Order      orderView
			UserErrors userErrors
		}
	}
	err := c.do(ctx, orderCancel, variables{"input": variables{"orderId": order, "reason": "CUSTOMER_REQUEST", "idempotencyKey": key}}, &data)
	return data.OrderCancel.Order, data.OrderCancel.UserErrors, err
}

func (c *client) order(ctx context.Context, id string) (orderView, error) {
	var data struct{ Order orderView }
	err := c.do(ctx, orderByID, variables{"id": id}, &data)
	return data.Order, err
}

package stripe

import (
	"errors"
	"fmt"
	"net/http"

	api "github.com/stripe/stripe-go/v85"

	"cartograph/subgraphs/payment/gateway"
)

// refusals are the gateway's codes for Stripe's. Any other code is passed on.
var refusals = map[api.ErrorCode]string{
	api.ErrorCodePaymentIntentUnexpectedState: gateway.RefusedState,
	api.ErrorCodeChargeAlreadyCaptured:        gateway.RefusedState,
	api.ErrorCodeChargeExpiredForCapture:      gateway.RefusedCapture,
	api.ErrorCodeChargeAlreadyRefunded:        gateway.RefusedAmount,
	api.ErrorCodeAmountTooLarge:               gateway.RefusedAmount,
	api.ErrorCodeChargeDisputed:               gateway.RefusedDisputed,
	api.ErrorCodeTokenAlreadyUsed:             gateway.RefusedToken,
}

// failure converts an error. Only one that was decided about this request is a refusal;
// one about the API key, the rate, the same request in progress, or of Stripe itself
// leaves the outcome unknown.
func failure(err error) error {
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return fmt.Errorf("%w: %w", gateway.ErrUnknown, err)
	}
	switch {
	case e.Type == api.ErrorTypeIdempotency && e.HTTPStatusCode == http.StatusBadRequest:
		return &gateway.RefusedError{Code: gateway.RefusedKey, Message: e.Msg}
	case e.Type == api.ErrorTypeCard && e.HTTPStatusCode == http.StatusPaymentRequired:
		return &gateway.RefusedError{Code: gateway.RefusedCapture, Message: e.Msg}
	case e.Type == api.ErrorTypeInvalidRequest && e.HTTPStatusCode == http.StatusNotFound && e.Code == api.ErrorCodeResourceMissing:
		return &gateway.RefusedError{Code: gateway.RefusedPayment, Message: e.Msg}
	case e.Type == api.ErrorTypeInvalidRequest && e.HTTPStatusCode == http.StatusBadRequest && e.Code != api.ErrorCodeLockTimeout:
		return &gateway.RefusedError{Code: refusalCode(e), Message: e.Msg}
	default:
		return fmt.Errorf("%w: status %d, %s %s, request %s", gateway.ErrUnknown, e.HTTPStatusCode, e.Type, e.Code, e.RequestID)
	}
}

func refusalCode(e *api.Error) string {
	switch code, known := refusals[e.Code]; {
	case known:
		return code
	case e.Code == api.ErrorCodeResourceMissing: // of the request's parameters, only the token names something
		return gateway.RefusedToken
	case e.Code != "":
		return string(e.Code)
	default:
		return "request_invalid"
	}
}

package product

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/email"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
)

// AlertKind is what a subscriber of a stock alert waits for; the values are the schema's.
type AlertKind string

// The kinds.
const (
	BackInStock AlertKind = "BACK_IN_STOCK"
	PriceDrop   AlertKind = "PRICE_DROP" // a price below that when the alert was subscribed
)

const (
	alertLifetime = 180 * 24 * time.Hour
	// An account is told when it has too many alerts. An address is not, so that nobody
	// finds out what somebody else's has: of an address those count, too, that were
	// mailed within 30 days.
	maxAlertsOfAccount = 100
	maxAlertsOfAddress = 20
	maxAlerts          = 200_000
	// Requests within a day: the guests of a network may be an office.
	maxAlertRequests        = 100
	maxAlertNetworkRequests = 200
)

// AlertRequest subscribes somebody to one mail about a variant.
type AlertRequest struct {
	VariantID string
	Kind      AlertKind
	Email     *string // nil: the address of the caller's account at the time of the mail
}

// SubscribeAlert stores a subscription, or renews one that the recipient has. It takes
// three statements. The answer does not depend on what an address is subscribed to.
func (s *Service) SubscribeAlert(ctx context.Context, r AlertRequest) error {
	caller := auth.From(ctx)
	recipient, err := alertRecipient(caller.Accountable(), r.Email)
	if err != nil {
		return err
	}
	byID, err := s.VariantsByID(ctx, []string{r.VariantID})
	if err != nil {
		return err
	}
	switch v := byID[r.VariantID]; {
	case v == nil || v.Product.Status != Published || v.Price == nil: // also for those who see drafts
		return fault.Localized(fault.NotFound, "product.unknown_variant").At("variantId")
	case r.Kind == BackInStock && v.available > 0:
		return fault.Localized(fault.Conflict, "alert.in_stock").At("variantId")
	default:
		return wrap("subscribe stock alert", s.outbox.InTx(ctx, func(tx pgx.Tx) error {
			return storeAlert(ctx, db.New(tx), caller, recipient, r.Kind, v)
		}))
	}
}

// alertRecipient is an account or an address.
func alertRecipient(by auth.Actor, address *string) (string, error) {
	switch {
	case address != nil:
		parsed, err := email.Parse(*address)
		if f := fault.Of(err); f != nil {
			return "", f.At("email")
		}
		return parsed, err
	case by.Kind == auth.User:
		return by.ID, nil
	default:
		return "", fault.Localized(fault.Invalid, "alert.email_required").At("email")
	}
}

func storeAlert(ctx context.Context, q *db.Queries, caller auth.Caller, recipient string, kind AlertKind, v *Variant) error {
	by := caller.Accountable()
	requester, most := by.ID, maxAlertRequests
	if !by.SignedIn() { // a guest is made by one call
		requester, most = caller.Network(), maxAlertNetworkRequests
	}
	request, err := q.CountAlertRequest(ctx, db.CountAlertRequestParams{Requester: requester, Recipient: recipient})
	if err != nil {
		return err
	}
	if int(request.Requests) > most {
		wait := time.Duration(request.RetrySeconds * float64(time.Second))
		return fault.Localized(fault.RateLimited, "alert.too_many_requests", message.Args{"count": int(wait/time.Hour) + 1}).RetryIn(wait)
	}
	ofAccount := recipient == by.ID
	row := db.StoreAlertParams{
		ID: id.New(id.StockAlert), VariantID: v.ID, Kind: string(kind), Recipient: recipient, OwnerID: by.ID, Locale: caller.Locale,
		Currency: v.Price.Currency, PriceMinor: v.Price.Minor, Lifetime: alertLifetime,
		MostInAll: maxAlerts, Most: maxAlertsOfAddress, CountSent: !ofAccount,
	}
	if ofAccount {
		row.Most = maxAlertsOfAccount
	}
	result, err := q.StoreAlert(ctx, row)
	switch {
	case err != nil:
		return err
	case result.FullInAll:
		return fault.Localized(fault.RateLimited, "alert.full")
	case !result.Stored && ofAccount:
		return fault.Localized(fault.RateLimited, "alert.too_many", message.Args{"limit": maxAlertsOfAccount})
	default:
		return nil
	}
}

// UnsubscribeAlerts ends all subscriptions of the recipient of a mail, by the token in
// its link. A token that is unknown, or too old, ends none and is no error.
func (s *Service) UnsubscribeAlerts(ctx context.Context, token string) error {
	sum := sha256.Sum256([]byte(token))
	return wrap("unsubscribe stock alerts", db.New(s.pool).DropAlertsByToken(ctx, sum[:]))
}

// UnsubscribeVariant ends the subscriptions to a variant that the caller made.
func (s *Service) UnsubscribeVariant(ctx context.Context, variantID string) error {
	owners := auth.From(ctx).Owners()
	if len(owners) == 0 {
		return fault.Localized(fault.Unauthenticated, "common.sign_in")
	}
	ids := storable([]string{variantID})
	if len(ids) == 0 {
		return nil
	}
	return wrap("unsubscribe stock alert", db.New(s.pool).DropAlertsOf(ctx, db.DropAlertsOfParams{OwnerIDs: owners, VariantID: variantID}))
}

// UnsubscribeAlert is UnsubscribeAlerts or UnsubscribeVariant. Exactly one of the
// arguments must be given.
func (s *Service) UnsubscribeAlert(ctx context.Context, token, variantID *string) error {
	switch {
	case (token == nil) == (variantID == nil):
		return fault.Localized(fault.Invalid, "product.exactly_one", message.Args{"first": "token", "second": "variantId"}).At("token")
	case token != nil:
		return s.UnsubscribeAlerts(ctx, *token)
	default:
		return s.UnsubscribeVariant(ctx, *variantID)
	}
}

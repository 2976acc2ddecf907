// Package audit describes what staff do. A service publishes an entry in the
// transaction of the action itself, so that no action is missing from the audit
// log and none is in it that did not happen; the user service, which has the log,
// stores the entries that arrive.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
)

// Action is what was done: the type of the subject, and a verb. Actions are stored
// for ever, so that a value is never used for another meaning.
type Action string

// The actions.
const (
	RolesSet             Action = "user.rolesSet"
	AdminCreated         Action = "user.adminCreated"
	SecondFactorEnabled  Action = "user.secondFactorEnabled" // of staff, by themselves
	SecondFactorDisabled Action = "user.secondFactorDisabled"
	SecondFactorReset    Action = "user.secondFactorReset" // by staff or the operator

	AccountErased    Action = "user.erased" // by the operator, not by its owner
	APIClientCreated Action = "apiClient.created"
	APIClientRotated Action = "apiClient.secretRotated"
	APIClientRevoked Action = "apiClient.revoked"

	ApplicationDecided Action = "partnerApplication.decided"

	WebhookSaved   Action = "webhookEndpoint.saved"
	WebhookRotated Action = "webhookEndpoint.secretRotated"
	WebhookDeleted Action = "webhookEndpoint.deleted"

	CategorySaved     Action = "category.saved"
	CategoryDeleted   Action = "category.deleted"
	BrandSaved        Action = "brand.saved"
	BrandDeleted      Action = "brand.deleted"
	CollectionSaved   Action = "collection.saved"
	CollectionDeleted Action = "collection.deleted"
	TranslationsSet   Action = "translations.set" // of a product, category, brand or collection

	MetafieldDefined   Action = "metafieldDefinition.saved"
	MetafieldUndefined Action = "metafieldDefinition.deleted"
	MetafieldsSet      Action = "metafields.set" // of a product, its variants, a category or collection

	SynonymsSet Action = "search.synonymsSet"

	PromotionSaved       Action = "promotion.saved"
	PromotionArchived    Action = "promotion.archived"
	CustomerGroupChanged Action = "customerGroup.changed"

	StockAdjusted   Action = "stock.adjusted"
	StockReceived   Action = "stock.received"
	OrderCancelled  Action = "order.cancelled" // by staff, not by its customer
	ShipmentCreated Action = "order.shipmentCreated"
	ShipmentTracked Action = "order.shipmentTracked"
	OrderNoteAdded  Action = "order.noteAdded"       // the text is in the order's timeline
	ReturnRequested Action = "order.returnRequested" // by staff, not by its customer
	ReturnDecided   Action = "order.returnDecided"
	ReturnReceived  Action = "order.returnReceived"
	VoidRequested   Action = "payment.voidRequested"
	RefundRequested Action = "payment.refundRequested"

	GiftCardIssued           Action = "giftCard.issued"
	GiftCardDisabled         Action = "giftCard.disabled"
	DisputeEvidenceSubmitted Action = "payment.disputeEvidenceSubmitted"
	DisputeAccepted          Action = "payment.disputeAccepted"

	ReviewModerated Action = "review.moderated"

	ProductCreated   Action = "product.created"
	ProductUpdated   Action = "product.updated"
	ProductPublished Action = "product.published" // now or at a time
	ProductArchived  Action = "product.archived"  // or its publication cancelled
	VariantsSet      Action = "product.variantsSet"
	PricesSet        Action = "product.pricesSet" // now or at a time
	FlashSaleSaved   Action = "flashSale.saved"
)

// Values are the part of a subject's state that an action changed or that explains
// it. They hold no secrets and no card data.
type Values map[string]any

// Entry returns the entry of an action of whoever is accountable for the call, to
// be published with it. Nil values are those of what does not exist.
func Entry(ctx context.Context, at time.Time, action Action, subjectID string, before, after Values) (event.StaffActed, error) {
	e := event.StaffActed{
		EntryID: id.New(id.AuditEntry), At: at.UTC().Truncate(time.Microsecond), ActorID: auth.From(ctx).Accountable().ID,
		Action: string(action), SubjectID: subjectID,
	}
	var err error
	if e.Before, err = encode(before); err != nil {
		return e, fmt.Errorf("audit %s of %s: %w", action, subjectID, err)
	}
	if e.After, err = encode(after); err != nil {
		return e, fmt.Errorf("audit %s of %s: %w", action, subjectID, err)
	}
	return e, nil
}

// Write publishes the entry of an action in the transaction that carries it out.
func Write(ctx context.Context, tx pgx.Tx, at time.Time, action Action, subjectID string, before, after Values) error {
	entry, err := Entry(ctx, at, action, subjectID, before, after)
	if err != nil {
		return err
	}
	return outbox.Write(ctx, tx, entry)
}

func encode(v Values) (json.RawMessage, error) {
	if v == nil {
		v = Values{}
	}
	return json.Marshal(v)
}

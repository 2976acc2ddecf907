package product

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/locale"
	"cartograph/internal/outbox"
	"cartograph/internal/search"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	alertVariants   = 500 // variants that are looked at in one transaction
	alertBatch      = 200 // subscriptions that it ends
	alertPoll       = 500 * time.Millisecond
	alertPruneEvery = 10 * time.Minute
	alertPruneBatch = 1000
)

// RunAlerts requests the mails of stock alerts whose variants are in stock again or cost
// less, and deletes what has expired, until ctx ends. A subscription ends in the
// transaction that stores the request for its mail: however many replicas run this, and
// whenever one dies, there is one mail for each.
func (s *Service) RunAlerts(ctx context.Context) error {
	var pruned time.Time
	for ctx.Err() == nil {
		more, err := s.ServeAlerts(ctx)
		if err == nil && time.Since(pruned) > alertPruneEvery {
			var full bool
			if full, err = s.PruneAlerts(ctx); !full {
				pruned = time.Now()
			}
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "stock alerts not published, retrying", "err", err)
		}
		if err != nil || !more {
			wakeup.Sleep(ctx, alertPoll)
		}
	}
	return nil
}

// ServeAlerts publishes a batch and reports whether there may be more. It takes up to
// five statements, however large the batch is.
func (s *Service) ServeAlerts(ctx context.Context) (more bool, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		variants, err := q.TakeQueuedAlerts(ctx, alertVariants)
		if err != nil || len(variants) == 0 {
			return err
		}
		more = len(variants) == alertVariants
		variants = slices.Compact(slices.Sorted(slices.Values(variants)))
		due, err := q.TakeDueAlerts(ctx, variants, alertBatch, search.FallbackCurrency)
		if err != nil || len(due) == 0 {
			return err
		}
		if len(due) == alertBatch {
			more = true
			if err := q.QueueAlerts(ctx, variants); err != nil {
				return err
			}
		}
		events := make([]event.Payload, len(due))
		var tokens db.StoreAlertTokensParams
		for i, a := range due {
			token := rand.Text()
			sum := sha256.Sum256([]byte(token))
			tokens.Tokens, tokens.Recipients = append(tokens.Tokens, sum[:]), append(tokens.Recipients, a.Recipient)
			tokens.OwnerIDs = append(tokens.OwnerIDs, a.OwnerID)
			events[i] = s.alertDue(a, token)
		}
		if err := q.StoreAlertTokens(ctx, tokens); err != nil {
			return err
		}
		return outbox.Write(ctx, tx, events...)
	})
	return more, wrap("publish stock alerts", err)
}

// alertDue has the texts in the language of the recipient.
func (s *Service) alertDue(a db.DueAlert, token string) event.StockAlertDue {
	t := reader{locales: locale.Preferred(a.Locale), own: s.cfg.Locale}.translator(a.Translations)
	v := Variant{Title: a.VariantTitle, SelectedOptions: a.Options}
	v.translate(t.texts.Options)
	e := event.StockAlertDue{
		AlertID: a.ID, Kind: a.Kind, VariantID: a.VariantID, ProductID: a.ProductID, Slug: a.Slug,
		Title: cmp.Or(t.texts.Title, a.ProductTitle), Subtitle: v.Title, Locale: a.Locale,
		PriceMinor: a.PriceMinor, Currency: a.Currency, UnsubscribeToken: token,
	}
	if AlertKind(a.Kind) == PriceDrop { // in the same currency
		e.WasMinor = a.WasMinor
	}
	if strings.Contains(a.Recipient, "@") {
		e.Email = a.Recipient
	} else {
		e.UserID = a.Recipient
	}
	return e
}

// PruneAlerts deletes a batch of the subscriptions, the tokens and the counted requests
// that are too old, and reports whether there may be more.
func (s *Service) PruneAlerts(ctx context.Context) (more bool, err error) {
	n, err := db.New(s.pool).PruneAlerts(ctx, db.PruneAlertsParams{Limit: alertPruneBatch, Lifetime: alertLifetime})
	return n == alertPruneBatch, wrap("delete old stock alerts", err)
}

package cart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/internal/promotion"
	"cartograph/subgraphs/cart/db"
)

// maxAutomatic bounds the promotions without a code that have not ended: each is
// compared with every cart.
const maxAutomatic = 50

// SavePromotion creates a promotion, or replaces the one with its id. Carts show it at
// once; open checkouts keep what they were quoted.
func (s *Service) SavePromotion(ctx context.Context, p promotion.Promotion) (*Promotion, error) {
	p.Title, p.Code = strings.TrimSpace(p.Title), normalCode(p.Code)
	p.StartsAt = p.StartsAt.UTC().Truncate(time.Microsecond) // what Postgres stores
	if p.EndsAt != nil {
		p.EndsAt = new(p.EndsAt.UTC().Truncate(time.Microsecond))
	}
	if err := checkPromotion(p); err != nil {
		return nil, err
	}
	var saved db.Promotion
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, p := db.New(tx), p
		var before audit.Values
		if p.ID == "" {
			p.ID = id.New(id.Promotion)
		} else {
			was, err := q.LockPromotion(ctx, p.ID)
			if errors.Is(err, pgx.ErrNoRows) {
				return promotionNotFound("input", "id")
			}
			if err != nil {
				return err
			}
			if before, err = audited(was.Definition); err != nil {
				return err
			}
		}
		if err := s.checkAutomatic(ctx, q, p); err != nil {
			return err
		}
		definition, err := json.Marshal(p)
		if err != nil {
			return err
		}
		row := db.SavePromotionParams{ID: p.ID, Definition: definition, Code: optional.Of(p.Code), StartsAt: p.StartsAt, EndsAt: p.EndsAt}
		if saved, err = q.SavePromotion(ctx, row); err != nil {
			return err
		}
		after, err := audited(definition)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.PromotionSaved, p.ID, before, after)
	})
	if pg.IsUnique(err, "promotions_code_names_one") {
		return nil, fault.Localized(fault.Conflict, "cart.promotion.code_taken", message.Args{"code": p.Code}).At("input", "code")
	}
	if err != nil {
		return nil, fmt.Errorf("save promotion: %w", err)
	}
	return promotionOf(saved, s.now())
}

// ImportPromotions stores promotions that are not there yet. One whose code another
// promotion has is left out.
func (s *Service) ImportPromotions(ctx context.Context, all []promotion.Promotion) error {
	for _, p := range all {
		if err := checkPromotion(p); err != nil {
			return fmt.Errorf("import promotion %s: %w", p.ID, err)
		}
		definition, err := json.Marshal(p)
		if err != nil {
			return err
		}
		row := db.ImportPromotionParams{ID: p.ID, Definition: definition, Code: optional.Of(p.Code), StartsAt: p.StartsAt, EndsAt: p.EndsAt}
		if err := db.New(s.pool).ImportPromotion(ctx, row); err != nil {
			return fmt.Errorf("import promotion %s: %w", p.ID, err)
		}
	}
	return nil
}

func (s *Service) checkAutomatic(ctx context.Context, q *db.Queries, p promotion.Promotion) error {
	if p.Code != "" {
		return nil
	}
	if err := q.LockAutomaticPromotions(ctx); err != nil {
		return err
	}
	n, err := q.CountAutomaticPromotions(ctx, db.CountAutomaticPromotionsParams{At: new(s.now()), ExceptID: p.ID})
	if err == nil && n >= maxAutomatic {
		return fault.Localized(fault.Conflict, "cart.promotion.too_many_automatic", message.Args{"limit": maxAutomatic})
	}
	return err
}

// ArchivePromotion ends a promotion for ever. Repeating it changes nothing.
func (s *Service) ArchivePromotion(ctx context.Context, promotionID string) (*Promotion, error) {
	var row db.Promotion
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		now := s.now()
		row, err = db.New(tx).ArchivePromotion(ctx, db.ArchivePromotionParams{ID: promotionID, At: &now})
		if errors.Is(err, pgx.ErrNoRows) {
			return promotionNotFound("id")
		}
		if err != nil {
			return err
		}
		before, err := audited(row.Definition)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, now, audit.PromotionArchived, promotionID, before, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("archive promotion: %w", err)
	}
	return promotionOf(row, s.now())
}

func audited(definition []byte) (audit.Values, error) {
	values := audit.Values{}
	return values, json.Unmarshal(definition, &values)
}

func promotionNotFound(path ...string) error {
	return fault.Localized(fault.NotFound, "cart.promotion.not_found").At(path...)
}

const (
	maxTitle           = 100
	maxCodeLength      = 40
	maxTiers           = 10
	maxPromoProducts   = 200
	maxPromoCategories = 50
	maxPromoGroups     = 20
	maxGroupChange     = 500
	maxUses            = 1_000_000_000
)

var (
	codePattern  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{2,39}$`)
	groupPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)
)

// storableCode reports whether a promotion can have the code.
func storableCode(code string) bool { return codePattern.MatchString(code) }

// UpdateCustomerGroup adds users to a group and removes others. It returns how many
// members the group has then.
func (s *Service) UpdateCustomerGroup(ctx context.Context, name string, add, remove []string) (members int, err error) {
	if !groupPattern.MatchString(name) {
		return 0, invalidPromotion("cart.promotion.group_name", "name")
	}
	if len(add) > maxGroupChange || len(remove) > maxGroupChange {
		return 0, fault.Localized(fault.Invalid, "cart.promotion.too_many", message.Args{"limit": maxGroupChange}).At("input")
	}
	for _, userID := range add {
		if id.PrefixOf(userID) != id.User {
			return 0, invalidPromotion("cart.promotion.no_user", "addUserIds")
		}
	}
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		n, err := db.New(tx).UpdateCustomerGroup(ctx, db.UpdateCustomerGroupParams{
			Name: name, AddUserIds: append([]string{}, add...), RemoveUserIds: append([]string{}, remove...),
		})
		if err != nil {
			return err
		}
		members = int(n)
		values := audit.Values{"added": add, "removed": remove}
		maps.DeleteFunc(values, func(_ string, v any) bool { return len(v.([]string)) == 0 })
		return audit.Write(ctx, tx, s.now(), audit.CustomerGroupChanged, name, nil, values)
	})
	if err != nil {
		return 0, fmt.Errorf("update customer group: %w", err)
	}
	return members, nil
}

package product

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

const (
	maxCollections        = 1_000
	maxRules              = 100   // collections with rules: all are evaluated for each product that changes
	maxCollectionProducts = 1_000 // that staff choose
	maxConditions         = 10    // groups of a rule
	maxRuleDays           = 3_650
)

// CollectionInput is what staff set of a collection. Without products and rule, those
// that it has stay; each takes the place of the other.
type CollectionInput struct {
	PageInput
	ID         *string // nil: a new one
	ProductIDs *[]string
	Rule       *RuleInput
}

// RuleInput is a rule as staff write it, with decimal prices.
type RuleInput struct{ AnyOf []ConditionsInput }

// ConditionsInput is a group of conditions with decimal prices.
type ConditionsInput struct {
	Conditions
	MinPrice, MaxPrice *NewPrice
}

// UpsertCollection creates or changes a collection. The snapshots of products that came or
// went follow soon after.
func (s *Service) UpsertCollection(ctx context.Context, pictures *media.Service, in CollectionInput) (*Collection, error) {
	rule, err := s.checkCollection(&in)
	if err != nil {
		return nil, err
	}
	if err := in.Picture.await(ctx, pictures); err != nil {
		return nil, err
	}
	var row db.Collection
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		was, err := collectionBefore(ctx, q, in.ID, rule != nil)
		if err != nil {
			return err
		}
		if row = (db.Collection{ID: id.New(id.Collection)}); was != nil {
			row = *was
		}
		if err := in.applyNamed(page{&row.Slug, &row.Title, &row.Description, &row.SEOTitle, &row.SEODescription, &row.CanonicalURL}, "title"); err != nil {
			return err
		}
		if in.EndRedirect {
			if err := q.EndRedirect(ctx, db.EndRedirectParams{Kind: "collections", Slug: row.Slug}); err != nil {
				return err
			}
		}
		if err := in.Picture.attach(ctx, tx, &row.Image); err != nil {
			return err
		}
		if err := writeCollection(ctx, q, was, &row, rule, in.ProductIDs); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.CollectionSaved, row.ID, auditedCollection(was, nil), auditedCollection(&row, in.ProductIDs))
	})
	if err != nil {
		return nil, wrap("save collection", slugError(err, "collections", row.Slug))
	}
	s.queued.Notify()
	return collectionOf(row, s.reader(ctx))
}

// checkCollection checks what can be checked without the database, and returns the rule; nil
// if none is given.
func (s *Service) checkCollection(in *CollectionInput) (*CollectionRule, error) {
	switch {
	case in.Rule != nil && in.ProductIDs != nil:
		return nil, fault.Localized(fault.Invalid, "taxonomy.rule_or_products").At("input", "rule")
	case in.ProductIDs != nil && len(*in.ProductIDs) > maxCollectionProducts:
		return nil, fault.Localized(fault.Invalid, "taxonomy.products_limit", message.Args{"limit": maxCollectionProducts}).At("input", "productIds")
	case in.Rule == nil:
		return nil, nil
	case len(in.Rule.AnyOf) == 0 || len(in.Rule.AnyOf) > maxConditions:
		return nil, fault.Localized(fault.Invalid, "taxonomy.rule_groups", message.Args{"limit": maxConditions}).At("input", "rule", "anyOf")
	}
	var c checks
	rule := &CollectionRule{}
	for i := range in.Rule.AnyOf {
		rule.AnyOf = append(rule.AnyOf, s.conditions(&c, &in.Rule.AnyOf[i], "input", "rule", "anyOf", strconv.Itoa(i)))
	}
	return rule, c.err()
}

// conditions checks a group of conditions and returns it as it is stored.
func (s *Service) conditions(c *checks, in *ConditionsInput, path ...string) *Conditions {
	at := func(name ...string) []string { return append(slices.Clone(path), name...) }
	group := in.Conditions
	group.Price = s.priceCondition(c, in, at)
	if group.CreatedSince != nil {
		group.CreatedSince = new(group.CreatedSince.UTC())
	}
	list := func(values []string, name ...string) {
		if len(values) > maxValues || len(storable(values)) < len(values) {
			c.add(fault.Localized(fault.Invalid, "taxonomy.rule_list", message.Args{"limit": maxValues}), at(name...)...)
		}
	}
	list(group.BrandIDs, "brandIds")
	list(group.Tags, "tags")
	if len(group.Specifications) > maxValues {
		c.add(fault.Localized(fault.Invalid, "taxonomy.rule_list", message.Args{"limit": maxValues}), at("specifications")...)
	}
	for i, spec := range group.Specifications {
		if list(append([]string{spec.Key}, spec.AnyOf...), "specifications", strconv.Itoa(i)); len(spec.AnyOf) == 0 {
			c.add(fault.Localized(fault.Invalid, "taxonomy.rule_list", message.Args{"limit": maxValues}), at("specifications", strconv.Itoa(i), "anyOf")...)
		}
	}
	if days := group.NewWithinDays; days != nil && (*days < 1 || *days > maxRuleDays) {
		c.add(fault.Localized(fault.Invalid, "taxonomy.rule_days", message.Args{"limit": maxRuleDays}), at("newWithinDays")...)
	}
	if group.CategoryID == nil && len(group.BrandIDs)+len(group.Tags)+len(group.Specifications) == 0 && group.Price == nil &&
		!group.InStockOnly && group.NewWithinDays == nil && group.CreatedSince == nil {
		c.add(fault.Localized(fault.Invalid, "taxonomy.rule_empty"), path...)
	}
	return &group
}

func (s *Service) priceCondition(c *checks, in *ConditionsInput, at func(...string) []string) *PriceCondition {
	var p *PriceCondition
	for _, bound := range []struct {
		name  string
		given *NewPrice
	}{{"minPrice", in.MinPrice}, {"maxPrice", in.MaxPrice}} {
		if bound.given == nil {
			continue
		}
		parsed, err := money.Parse(bound.given.Amount, bound.given.Currency)
		switch {
		case !slices.Contains(s.cfg.Currencies, bound.given.Currency) || p != nil && p.Currency != bound.given.Currency:
			c.add(fault.Localized(fault.Invalid, "common.unknown_currency", message.Args{"value": bound.given.Currency}), at(bound.name, "currencyCode")...)
			continue
		case err != nil || parsed.Minor < 0:
			c.add(fault.Localized(fault.Invalid, "product.malformed_price", message.Args{"amount": bound.given.Amount, "currency": bound.given.Currency}), at(bound.name, "amount")...)
			continue
		}
		if p == nil {
			p = &PriceCondition{Currency: parsed.Currency}
		}
		if bound.name == "minPrice" {
			p.Min = &parsed.Minor
		} else {
			p.Max = &parsed.Minor
		}
	}
	if p != nil && p.Min != nil && p.Max != nil && *p.Min > *p.Max {
		c.add(fault.Localized(fault.Invalid, "product.empty_price_range"), at("minPrice")...)
	}
	return p
}

// collectionBefore locks a collection; nil without an ID, for a new one.
func collectionBefore(ctx context.Context, q *db.Queries, collectionID *string, withRule bool) (was *db.Collection, err error) {
	if err := q.LockCollections(ctx); err != nil {
		return nil, err
	}
	if collectionID != nil {
		if was, err = lockCollection(ctx, q, *collectionID, "input", "id"); err != nil {
			return nil, err
		}
	}
	n, err := q.CountCollections(ctx)
	switch {
	case err != nil:
		return nil, err
	case was == nil && n.Total >= maxCollections:
		return nil, fault.Localized(fault.Invalid, "taxonomy.too_many", message.Args{"limit": maxCollections})
	case withRule && (was == nil || was.Rule == nil) && n.WithRules >= maxRules:
		return nil, fault.Localized(fault.Invalid, "taxonomy.rules_limit", message.Args{"limit": maxRules}).At("input", "rule")
	default:
		return was, nil
	}
}

func lockCollection(ctx context.Context, q *db.Queries, collectionID string, path ...string) (*db.Collection, error) {
	rows, err := q.LockCollectionRows(ctx, storable([]string{collectionID}))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.Localized(fault.NotFound, "taxonomy.unknown_collection").At(path...)
	}
	return &rows[0], nil
}

// writeCollection stores the row, and the products or the rule where they are given.
func writeCollection(ctx context.Context, q *db.Queries, was, row *db.Collection, rule *CollectionRule, productIDs *[]string) error {
	switch {
	case rule != nil:
		var err error
		if row.Rule, err = json.Marshal(rule); err != nil {
			return err
		}
	case productIDs != nil:
		row.Rule = nil
	}
	// Before and after the change: of products that leave, of those that come, and of all
	// where the slug is another.
	changed := rule != nil || productIDs != nil || was != nil && was.Slug != row.Slug
	if was != nil && changed {
		if err := q.QueueSnapshotsOfCollection(ctx, row.ID); err != nil {
			return err
		}
	}
	err := q.SaveCollection(ctx, db.SaveCollectionParams{
		ID: row.ID, Slug: row.Slug, Title: row.Title, Description: row.Description, Image: row.Image,
		SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL, Rule: row.Rule,
	})
	switch {
	case err != nil:
		return err
	case rule != nil:
		return q.EvaluateCollections(ctx, []string{row.ID})
	case productIDs == nil:
		return nil
	}
	if err := chooseProducts(ctx, q, row.ID, *productIDs); err != nil {
		return err
	}
	return q.QueueSnapshotsOfCollection(ctx, row.ID)
}

// chooseProducts gives a collection the products; all of them must exist. Of one that is
// given twice, the first place counts.
func chooseProducts(ctx context.Context, q *db.Queries, collectionID string, productIDs []string) error {
	ids := append([]string{}, storable(productIDs)...) // nil would be NULL
	n, err := q.ChooseProducts(ctx, db.ChooseProductsParams{CollectionID: collectionID, ProductIDs: ids})
	if err == nil && (len(ids) < len(productIDs) || int(n) < len(slices.Compact(slices.Sorted(slices.Values(ids))))) {
		err = fault.Localized(fault.NotFound, "taxonomy.unknown_product").At("input", "productIds")
	}
	return err
}

// DeleteCollection deletes a collection, and none of its products.
func (s *Service) DeleteCollection(ctx context.Context, collectionID string) error {
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockCollections(ctx); err != nil { // a rule may be evaluated now
			return err
		}
		row, err := lockCollection(ctx, q, collectionID, "id")
		if err != nil {
			return err
		}
		if err := q.QueueSnapshotsOfCollection(ctx, row.ID); err != nil {
			return err
		}
		if err := q.DeleteCollection(ctx, row.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.CollectionDeleted, row.ID, auditedCollection(row, nil), nil)
	})
	if err == nil {
		s.queued.Notify()
	}
	return wrap("delete collection", err)
}

// auditedCollection is what the audit log shows of a collection.
func auditedCollection(row *db.Collection, productIDs *[]string) audit.Values {
	if row == nil {
		return nil
	}
	values := audit.Values{"title": row.Title, "slug": row.Slug}
	if row.Rule != nil {
		values["rule"] = json.RawMessage(row.Rule)
	}
	if productIDs != nil {
		values["productIds"] = *productIDs
	}
	return auditPicture(values, row.Image)
}

// importCollections writes collections of the assortment after its products.
func (s *Service) importCollections(ctx context.Context, drafts []CollectionDraft) error {
	if len(drafts) == 0 {
		return nil
	}
	return wrap("import collections", s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, translations := db.New(tx), map[string]catalogue.Translations{}
		if err := q.LockCollections(ctx); err != nil {
			return err
		}
		for _, d := range drafts {
			row := db.Collection{ID: d.ID, Slug: d.Slug, Title: d.Title, Description: d.Description, Image: imageRow(d.Image)}
			if err := writeCollection(ctx, q, nil, &row, d.Rule, &d.ProductIDs); err != nil {
				return err
			}
			translations[d.ID] = d.Translations
		}
		return q.SetTranslations(ctx, db.CollectionTexts, translations)
	}))
}

package product

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

const maxMetafields = 100 // set in one mutation

// MetafieldInput is a value to set.
type MetafieldInput struct {
	OwnerID, Namespace, Key string
	Value                   any // nil removes it
}

// metafieldChange is a checked value of an owner.
type metafieldChange struct {
	MetafieldInput
	definition MetafieldDefinition
	encoded    string
}

func (m *metafieldChange) name() string { return m.Namespace + "." + m.Key }

// SetMetafields sets all the values, or none and returns every error. Sellers set those of
// their own products and variants; those of categories and collections are the shop's.
func (s *Service) SetMetafields(ctx context.Context, inputs []MetafieldInput) error {
	byPrefix, err := checkMetafields(inputs)
	if err != nil {
		return err
	}
	by, err := editorOf(ctx)
	if err != nil {
		return err
	}
	if pages := len(byPrefix[id.Category]) + len(byPrefix[id.Collection]); pages > 0 && !by.all {
		return fault.Localized(fault.NotFound, "taxonomy.unknown_object").At("metafields")
	}
	productOf, err := s.editable(ctx, byPrefix[id.Variant])
	if err != nil {
		return err
	}
	if err := checkVariantOwners(inputs, productOf); err != nil {
		return err
	}
	for _, productID := range byPrefix[id.Product] {
		productOf[productID] = productID
	}
	var changes []metafieldChange
	prepare := func(tx pgx.Tx) error {
		if changes, err = prepareMetafields(ctx, tx, inputs); err != nil {
			return err
		}
		return s.setMetafieldsOfPages(ctx, tx, changes, byPrefix)
	}
	if len(productOf) == 0 {
		err = s.outbox.InTx(ctx, prepare)
	} else {
		err = s.change(ctx, slices.Collect(maps.Values(productOf)), prepare, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
			return setMetafieldsOfProducts(ctx, tx, changes, productOf, locked)
		})
	}
	return wrap("set metafields", err)
}

// checkMetafields checks what can be checked without the database, and returns the owners by
// their prefix.
func checkMetafields(inputs []MetafieldInput) (map[id.Prefix][]string, error) {
	if len(inputs) == 0 || len(inputs) > maxMetafields {
		return nil, fault.Localized(fault.Invalid, "product.metafields_limit", message.Args{"limit": maxMetafields}).At("metafields")
	}
	var c checks
	byPrefix, seen := map[id.Prefix][]string{}, map[string]bool{}
	for i, in := range inputs {
		prefix, _, _ := strings.Cut(in.OwnerID, "_")
		if ownerTypes()[id.Prefix(prefix)] == "" || len(storable([]string{in.OwnerID})) == 0 {
			c.add(fault.Localized(fault.NotFound, "taxonomy.unknown_object"), "metafields", strconv.Itoa(i), "ownerId")
			continue
		}
		byPrefix[id.Prefix(prefix)] = append(byPrefix[id.Prefix(prefix)], in.OwnerID)
		name := strings.Join([]string{in.OwnerID, in.Namespace, in.Key}, " ")
		if seen[name] {
			c.add(fault.Localized(fault.Invalid, "product.metafield_twice"), "metafields", strconv.Itoa(i))
		}
		seen[name] = true
	}
	return byPrefix, c.err()
}

func checkVariantOwners(inputs []MetafieldInput, productOf map[string]string) error {
	var c checks
	for i, in := range inputs {
		if strings.HasPrefix(in.OwnerID, string(id.Variant)+"_") && productOf[in.OwnerID] == "" {
			c.add(fault.Localized(fault.NotFound, "taxonomy.unknown_object"), "metafields", strconv.Itoa(i), "ownerId")
		}
	}
	return c.err()
}

// prepareMetafields checks the values by their definitions, which keep their types until the
// end of the transaction.
func prepareMetafields(ctx context.Context, tx pgx.Tx, inputs []MetafieldInput) ([]metafieldChange, error) {
	q, keys := db.New(tx), make([]string, len(inputs))
	for i, in := range inputs {
		prefix, _, _ := strings.Cut(in.OwnerID, "_")
		keys[i] = string(ownerTypes()[id.Prefix(prefix)]) + "." + in.Namespace + "." + in.Key
	}
	rows, err := q.ShareMetafieldDefinitions(ctx, storable(keys))
	if err != nil {
		return nil, err
	}
	definitions := map[string]MetafieldDefinition{}
	for _, row := range rows {
		definitions[row.OwnerType+"."+row.Namespace+"."+row.Key] = definitionOf(row)
	}
	var c checks
	changes, references := make([]metafieldChange, len(inputs)), make([][]string, len(inputs))
	for i, in := range inputs {
		definition, known := definitions[keys[i]]
		if !known {
			c.add(unknownMetafield(), "metafields", strconv.Itoa(i), "key")
			continue
		}
		changes[i] = metafieldChange{MetafieldInput: in, definition: definition}
		changes[i].encoded, references[i] = definition.value(&c, in.Value, "metafields", strconv.Itoa(i), "value")
	}
	existing, err := q.ExistingProducts(ctx, slices.Concat(append(references, []string{})...))
	if err != nil {
		return nil, err
	}
	for i, ids := range references {
		if slices.ContainsFunc(ids, func(productID string) bool { return !slices.Contains(existing, productID) }) {
			c.add(unknownProduct(), "metafields", strconv.Itoa(i), "value")
		}
	}
	return changes, c.err()
}

// storeMetafields stores the values of some owners, and returns what differs by the owner, as
// the audit log has it.
func storeMetafields(ctx context.Context, q *db.Queries, changes []metafieldChange, ownerIDs []string) (was, is map[string]audit.Values, err error) {
	rows, err := q.MetafieldsOf(ctx, ownerIDs)
	if err != nil {
		return nil, nil, err
	}
	before := map[[2]string]json.RawMessage{}
	for _, row := range rows {
		before[[2]string{row.OwnerID, row.MetafieldDefinition.ID}] = row.Value
	}
	was, is = map[string]audit.Values{}, map[string]audit.Values{}
	var set db.SetMetafieldsParams
	for _, m := range changes {
		if !slices.Contains(ownerIDs, m.OwnerID) {
			continue
		}
		old, had := before[[2]string{m.OwnerID, m.definition.ID}]
		if !had {
			old = json.RawMessage("null")
		}
		if sameJSON(old, json.RawMessage(m.encoded)) {
			continue
		}
		if was[m.OwnerID] == nil {
			was[m.OwnerID], is[m.OwnerID] = audit.Values{}, audit.Values{}
		}
		was[m.OwnerID][m.name()], is[m.OwnerID][m.name()] = recorded(string(old)), recorded(m.encoded)
		set.OwnerIDs, set.DefinitionIDs = append(set.OwnerIDs, m.OwnerID), append(set.DefinitionIDs, m.definition.ID)
		set.MetafieldValues = append(set.MetafieldValues, m.encoded)
	}
	if len(set.OwnerIDs) == 0 {
		return was, is, nil
	}
	return was, is, q.SetMetafields(ctx, set)
}

// sameJSON compares values as Postgres does, which does not keep the order of keys.
func sameJSON(a, b json.RawMessage) bool {
	normal := func(text json.RawMessage) []byte {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var v any
		if decoder.Decode(&v) != nil {
			return text
		}
		again, err := json.Marshal(v)
		if err != nil {
			return text
		}
		return again
	}
	return bytes.Equal(normal(a), normal(b))
}

// setMetafieldsOfPages sets those of categories and collections.
func (s *Service) setMetafieldsOfPages(ctx context.Context, tx pgx.Tx, changes []metafieldChange, byPrefix map[id.Prefix][]string) error {
	q := db.New(tx)
	if _, err := lockAll(ctx, byPrefix[id.Category], q.LockCategoryRows); err != nil {
		return err
	}
	if _, err := lockAll(ctx, byPrefix[id.Collection], q.LockCollectionRows); err != nil {
		return err
	}
	owners := slices.Concat(byPrefix[id.Category], byPrefix[id.Collection])
	if len(owners) == 0 {
		return nil
	}
	was, is, err := storeMetafields(ctx, q, changes, owners)
	if err != nil {
		return err
	}
	var entries []event.Payload
	if who := auth.From(ctx).Accountable(); who.Kind != auth.Service {
		for _, owner := range slices.Sorted(maps.Keys(is)) {
			entry, err := audit.Entry(ctx, s.now(), audit.MetafieldsSet, owner, was[owner], is[owner])
			if err != nil {
				return err
			}
			entries = append(entries, entry)
		}
	}
	return outbox.Write(ctx, tx, entries...)
}

// setMetafieldsOfProducts sets those of locked products and their variants. A product with a
// change gets its next version.
func setMetafieldsOfProducts(ctx context.Context, tx pgx.Tx, changes []metafieldChange, productOf map[string]string, locked []db.Product) ([]edit, error) {
	was, is, err := storeMetafields(ctx, db.New(tx), changes, slices.Sorted(maps.Keys(productOf)))
	if err != nil {
		return nil, err
	}
	var edits []edit
	for _, p := range locked {
		e := edit{productID: p.ID, action: audit.MetafieldsSet, before: audit.Values{}, after: audit.Values{}}
		for owner := range is {
			if productOf[owner] == p.ID {
				e.before[owner], e.after[owner] = was[owner], is[owner]
			}
		}
		if len(e.after) > 0 {
			edits = append(edits, e)
		}
	}
	return edits, nil
}

package product

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product/db"
)

const (
	maxDefinitions   = 100 // of a type of owner, and so of the metafields of an object
	maxMetafieldName = 64
)

// OwnerType is what has a metafield; the values are the schema's.
type OwnerType string

// The owners.
const (
	OfProducts    OwnerType = "PRODUCT"
	OfVariants    OwnerType = "VARIANT"
	OfCategories  OwnerType = "CATEGORY"
	OfCollections OwnerType = "COLLECTION"
)

// ownerTypes are the owners by the prefix of their IDs.
func ownerTypes() map[id.Prefix]OwnerType {
	return map[id.Prefix]OwnerType{id.Product: OfProducts, id.Variant: OfVariants, id.Category: OfCategories, id.Collection: OfCollections}
}

// MetafieldDefinition declares a metafield that objects of a type can have.
type MetafieldDefinition struct {
	ID        string
	OwnerType OwnerType
	Namespace string
	Key       string
	Name      string
	Type      MetafieldType
	IsList    bool
	Visible   bool // to everyone; otherwise to those who may change the object
}

// Metafield is a value of an object.
type Metafield struct {
	Definition MetafieldDefinition
	Value      any
}

// Namespace, Key, Name, Type and IsList are those of the definition.
func (m *Metafield) Namespace() string   { return m.Definition.Namespace }
func (m *Metafield) Key() string         { return m.Definition.Key }
func (m *Metafield) Name() string        { return m.Definition.Name }
func (m *Metafield) Type() MetafieldType { return m.Definition.Type }
func (m *Metafield) IsList() bool        { return m.Definition.IsList }

func definitionOf(row db.MetafieldDefinition) MetafieldDefinition {
	return MetafieldDefinition{row.ID, OwnerType(row.OwnerType), row.Namespace, row.Key, row.Name, MetafieldType(row.Type), row.IsList, row.Visible}
}

// DefinitionInput is what staff set of a definition. Nil leaves a value as it is.
type DefinitionInput struct {
	OwnerType      OwnerType
	Namespace, Key string
	Name           *string
	Type           *MetafieldType // required for a new one; fixed while there are values
	IsList         *bool
	Visible        *bool
}

var metafieldForm = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// MetafieldDefinitions are all definitions, or those of one type of owner.
func (s *Service) MetafieldDefinitions(ctx context.Context, of *OwnerType) ([]*MetafieldDefinition, error) {
	rows, err := db.New(s.pool).MetafieldDefinitions(ctx, string(optional.Value(of)))
	definitions := make([]*MetafieldDefinition, len(rows))
	for i, row := range rows {
		definitions[i] = new(definitionOf(row))
	}
	return definitions, wrap("read definitions of metafields", err)
}

// DefineMetafield creates the definition with the owner, namespace and key, or changes it.
func (s *Service) DefineMetafield(ctx context.Context, in DefinitionInput) (*MetafieldDefinition, error) {
	var c checks
	for name, value := range map[string]string{"namespace": in.Namespace, "key": in.Key} {
		if len(value) > maxMetafieldName || !metafieldForm.MatchString(value) {
			c.add(fault.Localized(fault.Invalid, "product.specification_key", message.Args{"limit": maxMetafieldName}), "input", name)
		}
	}
	if in.Name != nil {
		in.Name = new(c.line(*in.Name, 1, maxName, "input", "name"))
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	var row db.MetafieldDefinition
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockMetafieldDefinitions(ctx); err != nil {
			return err
		}
		rows, err := q.LockMetafieldDefinition(ctx, db.LockMetafieldDefinitionParams{OwnerType: string(in.OwnerType), Namespace: in.Namespace, Key: in.Key})
		if err != nil {
			return err
		}
		var was audit.Values
		if len(rows) > 0 {
			row, was = rows[0], definitionValues(rows[0])
		} else if row, err = newDefinition(ctx, q, in); err != nil {
			return err
		}
		if err := in.change(ctx, q, &row); err != nil {
			return err
		}
		err = q.SaveMetafieldDefinition(ctx, db.SaveMetafieldDefinitionParams(row))
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.MetafieldDefined, row.ID, was, definitionValues(row))
	})
	if err != nil {
		return nil, wrap("define metafield", err)
	}
	return new(definitionOf(row)), nil
}

func newDefinition(ctx context.Context, q *db.Queries, in DefinitionInput) (row db.MetafieldDefinition, err error) {
	n, err := q.CountMetafieldDefinitions(ctx, string(in.OwnerType))
	switch {
	case err != nil:
		return row, err
	case n >= maxDefinitions:
		return row, fault.Localized(fault.Invalid, "taxonomy.too_many", message.Args{"limit": maxDefinitions})
	case in.Type == nil:
		return row, fault.Localized(fault.Invalid, "product.metafield_type_required").At("input", "type")
	}
	return db.MetafieldDefinition{
		ID: id.New(id.Metafield), OwnerType: string(in.OwnerType), Namespace: in.Namespace, Key: in.Key, Name: in.Key, Type: string(*in.Type),
	}, nil
}

// change sets what is given. A type with values is fixed: they would not be of another.
func (in *DefinitionInput) change(ctx context.Context, q *db.Queries, row *db.MetafieldDefinition) error {
	typ, list := string(optional.Value(in.Type)), cmp.Or(in.IsList, &row.IsList)
	if typ = cmp.Or(typ, row.Type); typ != row.Type || *list != row.IsList {
		used, err := q.HasMetafieldValues(ctx, row.ID)
		if err != nil {
			return err
		}
		if used {
			return fault.Localized(fault.Conflict, "product.metafield_in_use").At("input", "type")
		}
	}
	row.Type, row.IsList, row.Visible = typ, *list, *cmp.Or(in.Visible, &row.Visible)
	row.Name = *cmp.Or(in.Name, &row.Name)
	return nil
}

// DeleteMetafieldDefinition deletes a definition with all its values.
func (s *Service) DeleteMetafieldDefinition(ctx context.Context, definitionID string) error {
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockMetafieldDefinitions(ctx); err != nil {
			return err
		}
		ids := storable([]string{definitionID})
		if len(ids) == 0 {
			return unknownMetafield().At("id")
		}
		rows, err := q.LockMetafieldDefinition(ctx, db.LockMetafieldDefinitionParams{ID: definitionID})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return unknownMetafield().At("id")
		}
		if err := q.DeleteMetafieldDefinition(ctx, definitionID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.MetafieldUndefined, definitionID, definitionValues(rows[0]), nil)
	})
	return wrap("delete definition of metafield", err)
}

func unknownMetafield() *fault.Error {
	return fault.Localized(fault.NotFound, "product.metafield_unknown")
}

func definitionValues(row db.MetafieldDefinition) audit.Values {
	return audit.Values{
		"ownerType": row.OwnerType, "namespace": row.Namespace, "key": row.Key, "name": row.Name, "type": row.Type, "isList": row.IsList, "visible": row.Visible,
	}
}

// Owner is an object with metafields, and whose it is: sellers see hidden ones of their own
// products.
type Owner struct {
	ID       string
	SellerID string
	Shops    bool // no seller's: a category or collection
}

// Metafields are those of each of the objects that the caller may see, by namespace and key;
// of one namespace if it is given. They are read in one statement.
func (s *Service) Metafields(ctx context.Context, owners []Owner, namespace *string) ([][]*Metafield, error) {
	ids := make([]string, len(owners))
	for i, o := range owners {
		ids[i] = o.ID
	}
	rows, err := db.New(s.pool).MetafieldsOf(ctx, ids)
	if err != nil {
		return nil, wrap("read metafields", err)
	}
	all := make([][]*Metafield, len(owners))
	for i, o := range owners {
		all[i] = []*Metafield{}
		hidden := o.seesHidden(ctx)
		for _, row := range rows {
			if row.OwnerID != o.ID || !row.MetafieldDefinition.Visible && !hidden || namespace != nil && *namespace != row.MetafieldDefinition.Namespace {
				continue
			}
			m := &Metafield{Definition: definitionOf(row.MetafieldDefinition)}
			if err := json.Unmarshal(row.Value, &m.Value); err != nil {
				return nil, fmt.Errorf("read metafield %s of %s: %w", m.Definition.ID, o.ID, err)
			}
			all[i] = append(all[i], m)
		}
	}
	return all, nil
}

// Metafield is the one of each of the objects with the namespace and key; nil where there
// is none.
func (s *Service) Metafield(ctx context.Context, owners []Owner, namespace, key string) ([]*Metafield, error) {
	all, err := s.Metafields(ctx, owners, &namespace)
	if err != nil {
		return nil, err
	}
	found := make([]*Metafield, len(owners))
	for i, metafields := range all {
		if at := slices.IndexFunc(metafields, func(m *Metafield) bool { return m.Key() == key }); at >= 0 {
			found[i] = metafields[at]
		}
	}
	return found, nil
}

func (o Owner) seesHidden(ctx context.Context) bool {
	by, err := editorOf(ctx)
	return err == nil && (by.all || !o.Shops && auth.From(ctx).Has("catalog:write") && by.sellerID == o.SellerID)
}

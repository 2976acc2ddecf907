package program

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// Kind is how a value is written.
type Kind uint8

// The kinds of value. The first five are copied as the subgraph wrote them; the
// writer compares kinds with Object to distinguish them.
const (
	String Kind = iota
	Boolean
	Number
	Any  // a scalar of any shape
	Enum // a string of a known set
	Object
	List
	Static // independent of any response
)

// Value describes how a value of the response, or of a representation, is written.
type Value struct {
	Kind     Kind
	Nullable bool
	Text     []byte // of a Static

	Item *Value // of a List

	// Of an Object.
	Fields   []Field
	TypeName string
	Source   string // the subgraph that resolves it, for messages
	// Possible are the runtime types an object may have; nil allows any.
	Possible []string
	// Hidden are the @inaccessible types, which clients must not see.
	Hidden []string
	// Abstract objects must have a __typename.
	Abstract bool
	// NeedsType: fields, here or below, depend on the runtime type.
	NeedsType bool
	// Unresolvable: no subgraph resolves the fields of the object.
	Unresolvable bool

	// Allowed are the values of an Enum, false for an @inaccessible one.
	Allowed map[string]bool

	// UsesAncestorTypes: a field, here or below, depends on the type of an object
	// that may enclose this value. The value's text then differs between places,
	// and the writer must not copy it.
	UsesAncestorTypes bool

	// Guarded: access to a field, here or below, is decided for each caller.
	Guarded bool
}

// NoGuard is the guard of a field without an access rule.
const NoGuard = -1

// Field is one field of an object.
type Field struct {
	Name  string
	Key   []byte // ,"name": as it is written
	Path  string // its name in the subgraph's response
	Value *Value
	Guard int
	// On are the runtime types that have the field; nil means all. OnParents is
	// the same for enclosing objects.
	On        []string
	OnParents []ParentTypes
}

// ParentTypes are the runtime types allowed for the object Depth levels up.
type ParentTypes struct {
	Depth int
	Types []string
}

// value compiles a node of the response or of a representation.
func (c *compiler) value(node resolve.Node) (*Value, error) {
	v := &Value{Nullable: node.NodeNullable()}
	switch n := node.(type) {
	case *resolve.Object:
		return v, c.object(v, n)
	case *resolve.Array:
		return v, c.list(v, n)
	case *resolve.String:
		if n.UnescapeResponseJson {
			return nil, unsupported("string with JSON in it")
		}
		v.Kind = String
	case *resolve.Boolean:
		v.Kind = Boolean
	case *resolve.Integer, *resolve.Float:
		v.Kind = Number
	case *resolve.Scalar, *resolve.BigInt:
		v.Kind = Any
	case *resolve.Enum:
		v.Kind = Enum
		v.TypeName = n.TypeName
		v.Allowed = make(map[string]bool, len(n.Values))
		for _, value := range n.Values {
			v.Allowed[value] = !slices.Contains(n.InaccessibleValues, value)
		}
	case *resolve.StaticString:
		text, err := json.Marshal(n.Value)
		if err != nil {
			return nil, unsupported("static text: %v", err)
		}
		v.Kind, v.Text = Static, text
	case *resolve.Null:
		v.Kind, v.Text = Static, []byte("null")
	case *resolve.EmptyObject:
		v.Kind, v.Text = Static, []byte("{}")
	case *resolve.EmptyArray:
		v.Kind, v.Text = Static, []byte("[]")
	default:
		return nil, unsupported("node %T", node)
	}
	return v, nil
}

func (c *compiler) list(v *Value, n *resolve.Array) (err error) {
	if n.SkipItem != nil {
		return unsupported("filtered list")
	}
	v.Kind = List
	v.Item, err = c.value(n.Item)
	if err != nil {
		return err
	}
	v.Guarded, v.UsesAncestorTypes = v.Item.Guarded, v.Item.UsesAncestorTypes
	return nil
}

func (c *compiler) object(v *Value, n *resolve.Object) error {
	v.Kind = Object
	v.TypeName, v.Source, v.Unresolvable = n.TypeName, n.SourceName, n.Unresolvable
	v.Possible, v.Hidden = names(n.PossibleTypes), names(n.InaccessibleTypes)
	v.Abstract = len(v.Possible) > 1 || len(v.Possible) == 1 && v.Possible[0] != n.TypeName
	c.objects = append(c.objects, v)
	defer func() { c.objects = c.objects[:len(c.objects)-1] }()
	for _, f := range n.Fields {
		compiled, err := c.field(f)
		if err != nil {
			return err
		}
		v.Fields = append(v.Fields, compiled)
		v.Guarded = v.Guarded || compiled.Guard != NoGuard || compiled.Value.Guarded
		v.UsesAncestorTypes = v.UsesAncestorTypes || compiled.OnParents != nil || compiled.Value.UsesAncestorTypes
	}
	return nil
}

func names(set map[string]struct{}) []string {
	var out []string
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (c *compiler) field(f *resolve.Field) (Field, error) {
	out := Field{Name: string(f.Name), Guard: NoGuard}
	if f.Defer != nil || f.Stream != nil {
		return out, unsupported("deferred or streamed field %s", f.Name)
	}
	path := f.Value.NodePath()
	if len(path) > 1 {
		return out, unsupported("field %s is at %v", f.Name, path)
	}
	if len(path) == 1 {
		out.Path = path[0]
	}
	key, err := json.Marshal(out.Name)
	if err != nil {
		return out, unsupported("field %s: %v", f.Name, err)
	}
	out.Key = fmt.Appendf(nil, ",%s:", key)
	if out.Value, err = c.value(f.Value); err != nil {
		return out, err
	}
	if out.Path == "" && out.Value.Kind != Static {
		return out, unsupported("field %s has no path", f.Name)
	}
	if i := f.Info; i != nil && i.HasAuthorizationRule && len(i.Source.IDs) > 0 {
		out.Guard = c.guard(i.ExactParentTypeName, i.Name)
	}
	return out, c.conditions(&out, f)
}

// conditions records the types that a field depends on, and marks the objects
// whose type the writer has to read for it.
func (c *compiler) conditions(out *Field, f *resolve.Field) error {
	for _, name := range f.OnTypeNames {
		out.On = append(out.On, string(name))
	}
	if out.On != nil {
		c.objects[len(c.objects)-1].NeedsType = true
	}
	for _, parent := range f.ParentOnTypeNames {
		at := len(c.objects) - 1 - parent.Depth
		if at < 0 {
			return unsupported("field %s depends on a type %d levels up", f.Name, parent.Depth)
		}
		c.objects[at].NeedsType = true
		types := make([]string, 0, len(parent.Names))
		for _, name := range parent.Names {
			types = append(types, string(name))
		}
		out.OnParents = append(out.OnParents, ParentTypes{parent.Depth, types})
	}
	return nil
}

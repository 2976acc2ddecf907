package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
)

const (
	runtime    = "github.com/99designs/gqlgen/graphql"
	plainField = "cartograph/internal/subgraph/plain"
)

// writers are the methods of plain.Writer for scalars that gqlgen or package subgraph
// writes as a string, a number or a boolean.
var writers = map[string]string{
	runtime + ".MarshalString":                         "String(%s)",
	runtime + ".MarshalID":                             "String(%s)",
	runtime + ".MarshalBoolean":                        "Bool(%s)",
	runtime + ".MarshalInt":                            "Int(int64(%s))",
	"cartograph/internal/subgraph.MarshalID":           "String(%s)",
	"cartograph/internal/subgraph.MarshalURL":          "String(%s)",
	"cartograph/internal/subgraph.MarshalDecimal":      "String(%s)",
	"cartograph/internal/subgraph.MarshalLocale":       "String(%s)",
	"cartograph/internal/subgraph.MarshalCurrencyCode": "String(%s)",
	"cartograph/internal/subgraph.MarshalCountryCode":  "String(%s)",
	"cartograph/internal/subgraph.MarshalLong":         "Int(%s)",
}

// code is Go source in the making.
type code struct {
	*plan
	strings.Builder
	depth int // of nested lists, for the names of variables
}

func (c *code) line(format string, args ...any) { _, _ = fmt.Fprintf(c, format+"\n", args...) }

// Code is the body of plain.go; the template calls it, because only then are imports
// recorded.
func (p *plan) Code() (string, error) {
	c := &code{plan: p}
	for _, path := range []string{"context", runtime, "github.com/vektah/gqlparser/v2/ast", plainField} {
		if _, err := templates.CurrentImports.Reserve(path); err != nil {
			return "", err
		}
	}
	c.schema()
	for _, name := range slices.Sorted(maps.Keys(p.objects)) {
		c.object(p.objects[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.data.Interfaces)) {
		if i := p.data.Interfaces[name]; p.covers(i) {
			c.abstract(i)
		}
	}
	for _, ref := range p.marshalers {
		c.marshaler(ref)
	}
	return c.String(), nil
}

// schema declares the table that selections are checked against.
func (c *code) schema() {
	c.line("var plainFields = plain.Schema[*executionContext]{")
	for _, name := range slices.Sorted(maps.Keys(c.objects)) {
		c.line("%q: {Satisfies: %sImplementors, Fields: map[string]plain.Field[*executionContext]{", name, templates.LcFirst(name))
		for _, f := range c.objects[name].Fields {
			if !c.plain(f) {
				continue
			}
			var of, args string
			if composite(f.TypeReference) {
				of = fmt.Sprintf("Of: %q,", f.TypeReference.Definition.Name)
			}
			if len(f.Args) > 0 {
				args = fmt.Sprintf("Args: (*executionContext).%s,", f.ArgsFunc())
			}
			c.line("%q: {%s%s},", f.Name, of, args)
		}
		c.line("}},")
	}
	for _, name := range slices.Sorted(maps.Keys(c.data.Interfaces)) {
		i := c.data.Interfaces[name]
		if !c.covers(i) {
			continue
		}
		names := map[string]bool{}
		for _, implementor := range i.Implementors {
			names[implementor.Name] = true
		}
		c.line("%q: {Possible: %#v},", name, slices.Sorted(maps.Keys(names)))
	}
	c.line("}\n")
}

// composite reports whether the type is one of objects.
func composite(ref *config.TypeReference) bool {
	for ref.IsSlice() {
		ref = ref.Elem()
	}
	return ref.Marshaler == nil && !ref.IsMarshaler
}

// object declares the function that writes an object.
func (c *code) object(o *codegen.Object) {
	c.line("func (ec *executionContext) write%s(ctx context.Context, w *plain.Writer, s *plain.Selection, obj %s) bool {", o.Name, templates.CurrentImports.LookupType(o.Reference()))
	c.line("for i := range s.Fields {\nf := &s.Fields[i]\nw.Key(i, f)\nswitch f.Name {")
	c.line("case \"__typename\":\nw.String(%q)", o.Name)
	for _, f := range o.Fields {
		if c.plain(f) {
			c.line("case %q:", f.Name)
			c.field(f)
		}
	}
	c.line("default:\nreturn false\n}\n}\nw.EndObject(len(s.Fields))\nreturn true\n}\n")
}

// field writes the value of a field of obj.
func (c *code) field(f *codegen.Field) {
	if len(f.Args) > 0 && (f.IsResolver || f.IsMethod()) {
		c.line("fc := &graphql.FieldContext{Args: f.Args}")
	}
	null := "return false"
	if !f.TypeReference.GQL.NonNull {
		null = "w.Null()\ncontinue"
	}
	switch {
	case f.IsResolver:
		c.line("v, err := ec.Resolvers.%s", f.ShortInvocation())
		c.line("if err != nil {\nreturn false\n}")
	case f.IsVariable():
		c.line("v := obj.%s", f.GoFieldName)
	case f.VOkFunc:
		c.line("v, ok := obj.%s(%s)", f.GoFieldName, f.CallArgs())
		c.line("if !ok {\n%s\n}", null)
	case f.NoErr:
		c.line("v := obj.%s(%s)", f.GoFieldName, f.CallArgs())
	default:
		c.line("v, err := obj.%s(%s)", f.GoFieldName, f.CallArgs())
		c.line("if err != nil {\nreturn false\n}")
	}
	c.value(f.TypeReference, "v", "f.Of")
}

// value writes the value of a variable, which has a selection if it is of objects. What
// follows it in the same block is run also when it is null.
func (c *code) value(ref *config.TypeReference, v, selection string) {
	checked := nilable(ref.GO) && (!ref.IsSlice() || !ref.GQL.NonNull) && !isAny(ref)
	if checked {
		null := "w.Null()"
		if ref.GQL.NonNull {
			null = "return false"
		}
		c.line("if %s == nil {\n%s\n} else {", v, null)
	}
	switch {
	case ref.IsSlice():
		c.depth++
		i, e := fmt.Sprintf("i%d", c.depth), fmt.Sprintf("v%d", c.depth)
		c.line("for %s, %s := range %s {\nw.Element(%s)", i, e, v, i)
		c.value(ref.Elem(), e, selection)
		c.line("}\nw.EndList(len(%s))", v)
		c.depth--
	case ref.IsMarshaler || ref.Marshaler != nil:
		c.scalar(ref, v)
	default:
		c.line("if !ec.write%s(ctx, w, %s, %s) {\nreturn false\n}", ref.Definition.Name, selection, reference(ref, v))
	}
	if checked {
		c.line("}")
	}
}

// isAny reports whether the marshaler of a scalar takes its nil.
func isAny(ref *config.TypeReference) bool {
	return ref.Marshaler != nil && ref.IsTargetNilable()
}

func (c *code) scalar(ref *config.TypeReference, v string) {
	if ref.IsMarshaler {
		if ref.IsContext {
			c.line("if err := %s.MarshalGQLContext(ctx, w); err != nil {\nreturn false\n}", v)
		} else {
			c.line("%s.MarshalGQL(w)", v)
		}
		return
	}
	switch {
	case ref.IsTargetNilable() && !ref.IsNilable():
		v = "&" + v
	case !ref.IsTargetNilable() && ref.IsNilable():
		v = "*" + v
	}
	if ref.HasEnumValues() {
		v = fmt.Sprintf("%s[%s]", ref.EnumMarshalVar(c.data.Config.UseFunctionSyntaxForExecutionContext), v)
	} else if ref.CastType != nil {
		v = fmt.Sprintf("%s(%s)", templates.CurrentImports.LookupType(ref.CastType), v)
	}
	if writer := writers[ref.Marshaler.FullName()]; writer != "" {
		c.line("w."+writer, v)
		return
	}
	marshal := templates.Call(ref.Marshaler)
	switch {
	case ref.IsContext:
		c.line("if err := %s(%s).MarshalGQLContext(ctx, w); err != nil {\nreturn false\n}", marshal, v)
	case ref.GQL.NonNull:
		c.line("if !w.Scalar(%s(%s)) {\nreturn false\n}", marshal, v)
	default:
		c.line("w.Scalar(%s(%s))", marshal, v)
	}
}

// abstract declares the function that writes an object of an interface or union.
func (c *code) abstract(i *codegen.Interface) {
	c.line("func (ec *executionContext) write%s(ctx context.Context, w *plain.Writer, s *plain.Selection, v %s) bool {", i.Name, templates.CurrentImports.LookupType(i.Type))
	c.line("switch obj := v.(type) {")
	for _, implementor := range i.Implementors {
		ref := "obj"
		if implementor.TakeRef {
			ref = "&obj"
		}
		c.line("case %s:", templates.CurrentImports.LookupType(implementor.Type))
		if implementor.CanBeNil() {
			c.line("return obj != nil && ec.write%s(ctx, w, s.ByType[%q], %s)", implementor.Name, implementor.Name, ref)
		} else {
			c.line("return ec.write%s(ctx, w, s.ByType[%q], %s)", implementor.Name, implementor.Name, ref)
		}
	}
	c.line("default:\nreturn false\n}\n}\n")
}

// marshaler declares the function that gqlgen calls for a value of the type. Elements of
// a list that is not plain are not tried again one by one.
func (c *code) marshaler(ref *config.TypeReference) {
	name := ref.Definition.Name
	c.line("func (ec *executionContext) %s(ctx context.Context, sel ast.SelectionSet, v %s) graphql.Marshaler {", ref.MarshalFunc(), templates.CurrentImports.LookupType(ref.GO))
	if nilable(ref.GO) && (!ref.IsSlice() || !ref.GQL.NonNull) {
		c.line("if v == nil {")
		c.null(ref)
		c.line("return graphql.Null\n}")
	}
	c.line("if s := plainFields.Select(ctx, ec, ec.OperationContext, %q, sel); s != nil {", name)
	c.line("if m := plain.Marshal(func(w *plain.Writer) bool {")
	if ref.IsSlice() {
		c.value(ref, "v", "s")
		c.line("return true")
	} else {
		c.line("return ec.write%s(ctx, w, s, %s)", name, reference(ref, "v"))
	}
	c.line("}); m != nil {\nreturn m\n}\n}")
	if ref.IsSlice() {
		c.list(ref)
	} else {
		c.line("return ec._%s(ctx, sel, %s)", name, reference(ref, "v"))
	}
	c.line("}\n")
}

func reference(ref *config.TypeReference, v string) string {
	if nilable(ref.GO) {
		return v
	}
	return "&" + v
}

// null adds the error of a null that the schema does not allow.
func (c *code) null(ref *config.TypeReference) {
	if ref.GQL.NonNull {
		c.line(`if !graphql.HasFieldError(ctx, graphql.GetFieldContext(ctx)) {
			graphql.AddErrorf(ctx, "the requested element is null which the schema does not allow")
		}`)
	}
}

// list marshals a list as gqlgen does.
func (c *code) list(ref *config.TypeReference) {
	elem := ref.Elem()
	name := ref.Definition.Name
	c.parents(ref)
	c.line("ret := graphql.MarshalSliceConcurrently(ctx, len(v), %d, %t, func(ctx context.Context, i int) graphql.Marshaler {", c.data.Config.Exec.WorkerLimit, c.data.Config.OmitPanicHandler)
	c.line("fc := graphql.GetFieldContext(ctx)\nfc.Result = &v[i]")
	if nilable(elem.GO) {
		c.line("if v[i] == nil {")
		c.null(elem)
		c.line("return graphql.Null\n}")
	}
	c.line("return ec._%s(ctx, sel, %s)\n})", name, reference(elem, "v[i]"))
	if elem.GQL.NonNull {
		c.line("for _, e := range ret {\nif e == graphql.Null {\nreturn graphql.Null\n}\n}")
	}
	c.line("return ret")
}

// parents registers the elements of a list for resolvers that take all of them at once.
func (c *code) parents(ref *config.TypeReference) {
	name := ref.Definition.Name
	if c.data.HasBatchFields(name) {
		if nilable(ref.Elem().GO) {
			c.line("ctx = graphql.WithBatchParents(ctx, %q, v, nil)", name)
		} else {
			c.line("ctx = graphql.WithBatchParentValues(ctx, %q, v)", name)
		}
	}
	implementors := slices.DeleteFunc(c.data.BatchImplementors(name), func(i codegen.InterfaceImplementor) bool { return !i.CanBeNil() })
	for _, i := range implementors {
		c.line("var items%s []%s\nindex%s := map[int]int{}", i.Name, templates.CurrentImports.LookupType(i.Type), i.Name)
	}
	if len(implementors) == 0 {
		return
	}
	c.line("for i, item := range v {\nswitch concrete := item.(type) {")
	for _, i := range implementors {
		c.line("case %s:", templates.CurrentImports.LookupType(i.Type))
		c.line("index%s[i] = len(items%s)\nitems%s = append(items%s, concrete)", i.Name, i.Name, i.Name, i.Name)
	}
	c.line("}\n}")
	for _, i := range implementors {
		c.line("if len(items%s) > 0 {\nctx = graphql.WithBatchParents(ctx, %q, items%s, index%s)\n}", i.Name, i.Name, i.Name, i.Name)
	}
}

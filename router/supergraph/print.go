package supergraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// ClientSchema prints the schema for clients: with the definitions of directives
// for operations, without federation directives, and without what is
// @inaccessible.
func (sg *Supergraph) ClientSchema() string {
	p := printer{keep: []string{"deprecated", "specifiedBy", "oneOf"}, hide: inaccessible, describe: true}
	sg.printAll(&p)
	return p.String()
}

// PlannerSchema prints the schema for planning. It keeps what is @inaccessible,
// since keys may use it, with the directive, since the executor must not return
// such types and enum values.
func (sg *Supergraph) PlannerSchema() string {
	p := printer{keep: []string{"deprecated", "specifiedBy", "oneOf", "inaccessible"}}
	p.WriteString("directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION\n\n")
	sg.printAll(&p)
	return p.String()
}

func inaccessible(d ast.DirectiveList) bool { return d.ForName("inaccessible") != nil }

func (sg *Supergraph) printAll(p *printer) {
	hidden := func(name string) bool {
		t := sg.Type(name)
		return p.hide != nil && t != nil && p.hide(t.Directives)
	}
	p.WriteString("schema {\n")
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if name, ok := sg.roots[op]; ok && sg.Type(name) != nil && !hidden(name) {
			p.WriteString("  " + string(op) + ": " + name + "\n")
		}
	}
	p.WriteString("}\n")
	for _, d := range sg.directives {
		p.directiveDefinition(d)
	}
	for _, t := range sg.Types {
		if hidden(t.Name) {
			continue
		}
		def := *t.Definition
		def.Interfaces = slices.DeleteFunc(slices.Clone(def.Interfaces), hidden)
		def.Types = slices.DeleteFunc(slices.Clone(def.Types), hidden)
		p.definition(&def)
	}
}

// SubgraphSchema prints one subgraph's schema, as far as the supergraph determines
// it.
func (sg *Supergraph) SubgraphSchema(graph string) string {
	p := printer{keep: []string{"external", "requires", "provides", "key", "interfaceObject"}}
	for _, d := range sg.directives { // composition keeps one only if every subgraph defines it
		p.directiveDefinition(d)
	}
	for _, t := range sg.Types {
		if !t.In(graph) {
			continue
		}
		def := ast.Definition{Name: t.Name, Kind: t.Kind, Interfaces: t.implements[graph], Types: t.members[graph]}
		if t.IsInterfaceObject(graph) {
			def.Kind = ast.Object
			def.Directives = append(def.Directives, &ast.Directive{Name: "interfaceObject"})
		}
		for _, key := range t.Keys(graph) {
			def.Directives = append(def.Directives, keyDirective(key))
		}
		for _, f := range t.Fields {
			if join, ok := t.Field(f.Name, graph); ok {
				def.Fields = append(def.Fields, subgraphField(f, join))
			}
		}
		for _, v := range t.EnumValues {
			joins := v.Directives.ForNames("join__enumValue")
			if len(joins) == 0 || slices.ContainsFunc(joins, func(d *ast.Directive) bool { return argument(d, "graph") == graph }) {
				def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{Name: v.Name})
			}
		}
		if !empty(&def) {
			p.definition(&def)
		}
	}
	return p.String()
}

// empty reports a definition without content, which SDL cannot express: the graph
// only refers to it.
func empty(def *ast.Definition) bool {
	switch def.Kind {
	case ast.Scalar:
		return false
	case ast.Union:
		return len(def.Types) == 0
	case ast.Enum:
		return len(def.EnumValues) == 0
	default:
		return len(def.Fields) == 0
	}
}

func keyDirective(key TypeJoin) *ast.Directive {
	args := ast.ArgumentList{fieldsArgument(key.Key)}
	if !key.Resolvable {
		args = append(args, &ast.Argument{Name: "resolvable", Value: &ast.Value{Kind: ast.BooleanValue, Raw: "false"}})
	}
	return &ast.Directive{Name: "key", Arguments: args}
}

func subgraphField(f *ast.FieldDefinition, join FieldJoin) *ast.FieldDefinition {
	out := &ast.FieldDefinition{Name: f.Name, Arguments: f.Arguments, Type: f.Type, DefaultValue: f.DefaultValue}
	if join.Type != "" {
		out.Type = &ast.Type{NamedType: join.Type} // printed verbatim, including list brackets
	}
	if !join.Resolves() {
		out.Directives = append(out.Directives, &ast.Directive{Name: "external"})
	}
	if join.Requires != "" {
		out.Directives = append(out.Directives, &ast.Directive{Name: "requires", Arguments: ast.ArgumentList{fieldsArgument(join.Requires)}})
	}
	if join.Provides != "" {
		out.Directives = append(out.Directives, &ast.Directive{Name: "provides", Arguments: ast.ArgumentList{fieldsArgument(join.Provides)}})
	}
	return out
}

func fieldsArgument(set string) *ast.Argument {
	return &ast.Argument{Name: "fields", Value: &ast.Value{Kind: ast.StringValue, Raw: set}}
}

// printer writes SDL with only the directives in keep.
type printer struct {
	strings.Builder
	keep     []string
	hide     func(ast.DirectiveList) bool
	describe bool
}

func (p *printer) definition(def *ast.Definition) {
	p.WriteByte('\n')
	p.description("", def.Description)
	p.WriteString(keyword(def.Kind) + " " + def.Name)
	if len(def.Interfaces) > 0 {
		p.WriteString(" implements " + strings.Join(def.Interfaces, " & "))
	}
	p.directives(def.Directives)
	switch def.Kind {
	case ast.Scalar:
		p.WriteByte('\n')
		return
	case ast.Union:
		p.WriteString(" = " + strings.Join(def.Types, " | ") + "\n")
		return
	case ast.Object, ast.Interface, ast.InputObject, ast.Enum:
	}
	p.WriteString(" {\n")
	for _, f := range def.Fields {
		p.field(f)
	}
	for _, v := range def.EnumValues {
		if p.hide == nil || !p.hide(v.Directives) {
			p.description("  ", v.Description)
			p.WriteString("  " + v.Name)
			p.directives(v.Directives)
			p.WriteByte('\n')
		}
	}
	p.WriteString("}\n")
}

func keyword(kind ast.DefinitionKind) string {
	switch kind {
	case ast.Object:
		return "type"
	case ast.InputObject:
		return "input"
	default:
		return strings.ToLower(string(kind))
	}
}

func (p *printer) field(f *ast.FieldDefinition) {
	if p.hide != nil && p.hide(f.Directives) {
		return
	}
	p.description("  ", f.Description)
	p.WriteString("  " + f.Name)
	p.arguments(f.Arguments)
	p.WriteString(": " + f.Type.String())
	if f.DefaultValue != nil {
		p.WriteString(" = " + f.DefaultValue.String())
	}
	p.directives(f.Directives)
	p.WriteByte('\n')
}

func (p *printer) arguments(args ast.ArgumentDefinitionList) {
	if p.hide != nil {
		args = slices.DeleteFunc(slices.Clone(args), func(a *ast.ArgumentDefinition) bool { return p.hide(a.Directives) })
	}
	for i, a := range args {
		p.WriteString([2]string{"(", ", "}[min(i, 1)])
		if p.describe && a.Description != "" {
			p.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(a.Description) + `" `)
		}
		p.WriteString(a.Name + ": " + a.Type.String())
		if a.DefaultValue != nil {
			p.WriteString(" = " + a.DefaultValue.String())
		}
		p.directives(a.Directives)
	}
	if len(args) > 0 {
		p.WriteByte(')')
	}
}

func (p *printer) directiveDefinition(d *ast.DirectiveDefinition) {
	p.WriteByte('\n')
	p.description("", d.Description)
	p.WriteString("directive @" + d.Name)
	p.arguments(d.Arguments)
	if d.IsRepeatable {
		p.WriteString(" repeatable")
	}
	for i, location := range d.Locations {
		p.WriteString([2]string{" on ", " | "}[min(i, 1)] + string(location))
	}
	p.WriteByte('\n')
}

func (p *printer) directives(list ast.DirectiveList) {
	for _, d := range list {
		if !slices.Contains(p.keep, d.Name) {
			continue
		}
		p.WriteString(" @" + d.Name)
		writeArguments(&p.Builder, d.Arguments)
	}
}

func (p *printer) description(indent, text string) {
	if !p.describe || text == "" {
		return
	}
	text = strings.ReplaceAll(text, `"""`, `\"""`)
	if strings.HasSuffix(text, `"`) || strings.HasSuffix(text, `\`) || strings.Contains(text, "\n") {
		text = "\n" + text + "\n"
	}
	p.WriteString(indent + `"""` + text + `"""` + "\n")
}

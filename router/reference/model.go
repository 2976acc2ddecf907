package reference

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/router/playground"
	"cartograph/router/supergraph"
)

// document is the content of the page, in its order.
type document struct {
	Groups []group
	known  map[string]bool // ids of entries, which can be linked
}

// group is a section: the root fields of one operation type, or the types of one
// kind.
type group struct {
	ID, Title string
	Entries   []entry
}

// entry is one field of a root, or one type.
type entry struct {
	ID, Name    string
	Kind        string // in words: object type, query, …
	Description string
	Deprecated  string
	Requires    []string  // of callers
	Type        *ast.Type // of a root's field
	Arguments   []member
	Implements  []string
	Fields      []member              // of objects, interfaces, input objects; values of enums
	Members     []string              // of unions; implementors of interfaces
	Codes       []member              // values of an enum that a mutation returns as errors
	Usage       *playground.Operation // of a root's field
	UsedBy      []string              // coordinates that return it or take it
}

// member is a field, an argument or a value.
type member struct {
	ID, Name    string
	Description string
	Deprecated  string
	Requires    []string // of callers
	Type        *ast.Type
	Default     string
	Arguments   []member
}

// kinds have a section each, after the roots.
var kinds = []struct {
	kind            ast.DefinitionKind
	id, title, word string
}{
	{ast.Object, "objects", "Objects", "object type"},
	{ast.Interface, "interfaces", "Interfaces", "interface"},
	{ast.Union, "unions", "Unions", "union"},
	{ast.InputObject, "inputs", "Inputs", "input type"},
	{ast.Enum, "enums", "Enums", "enum"},
	{ast.Scalar, "scalars", "Scalars", "scalar"},
}

// newDocument arranges a client schema.
func newDocument(sdl string, access map[supergraph.Coordinate]supergraph.Access, o Options) (*document, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "schema.graphql", Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	roots := rootsOf(doc)
	b := &document{known: map[string]bool{}}
	isRoot := map[string]bool{}
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if def := doc.Definitions.ForName(roots[op]); def != nil {
			isRoot[def.Name] = true
			b.add(rootGroup(op, def, access))
			if op == ast.Mutation && o.Codes != nil {
				b.splitCodes(doc, o.Codes)
			}
		}
	}
	b.addUsage(o.Usage)
	uses := usesOf(doc)
	for _, section := range kinds {
		g := group{ID: section.id, Title: section.title}
		for _, def := range doc.Definitions {
			if def.Kind != section.kind || isRoot[def.Name] {
				continue
			}
			g.Entries = append(g.Entries, typeEntry(doc, def, section.word, access, uses[def.Name]))
		}
		b.add(g)
	}
	return b, nil
}

// add appends a section unless it is empty, and sorts it by name.
func (b *document) add(g group) {
	if len(g.Entries) == 0 {
		return
	}
	slices.SortFunc(g.Entries, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
	for _, e := range g.Entries {
		b.known[e.ID] = true
	}
	b.Groups = append(b.Groups, g)
}

// splitCodes separates the codes of mutations from the descriptions of the group that
// was added last.
func (b *document) splitCodes(doc *ast.SchemaDocument, split func(string) (string, []string)) {
	entries := b.Groups[len(b.Groups)-1].Entries
	for i := range entries {
		text, codes := split(entries[i].Description)
		entries[i].Description = text
		for _, code := range codes {
			entries[i].Codes = append(entries[i].Codes, codeOf(doc, code))
		}
	}
}

// codeOf is the enum value called code. Without an enum there is no description.
func codeOf(doc *ast.SchemaDocument, code string) member {
	for _, def := range doc.Definitions {
		if v := def.EnumValues.ForName(code); v != nil && def.Kind == ast.Enum {
			return member{ID: def.Name + "." + code, Name: code, Description: v.Description}
		}
	}
	return member{Name: code}
}

func (b *document) addUsage(usage map[string]playground.Operation) {
	for _, g := range b.Groups {
		for i, e := range g.Entries {
			if op, there := usage[e.Name]; there {
				g.Entries[i].Usage = &op
			}
		}
	}
}

// rootsOf are the names of the root types, which a schema need not spell out.
func rootsOf(doc *ast.SchemaDocument) map[ast.Operation]string {
	roots := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}
	if len(doc.Schema) == 0 {
		return roots
	}
	clear(roots)
	for _, op := range doc.Schema[0].OperationTypes {
		roots[op.Operation] = op.Type
	}
	return roots
}

func rootGroup(op ast.Operation, def *ast.Definition, access map[supergraph.Coordinate]supergraph.Access) group {
	titles := map[ast.Operation]string{ast.Query: "Queries", ast.Mutation: "Mutations", ast.Subscription: "Subscriptions"}
	g := group{ID: strings.ToLower(titles[op]), Title: titles[op]}
	for _, f := range def.Fields {
		m := fieldMember(def, f, access)
		g.Entries = append(g.Entries, entry{
			ID: m.ID, Name: m.Name, Kind: string(op), Description: m.Description, Deprecated: m.Deprecated,
			Requires: m.Requires, Type: m.Type, Arguments: m.Arguments,
		})
	}
	return g
}

func typeEntry(doc *ast.SchemaDocument, def *ast.Definition, word string, access map[supergraph.Coordinate]supergraph.Access, usedBy []string) entry {
	e := entry{ID: def.Name, Name: def.Name, Kind: word, Description: def.Description, Implements: def.Interfaces, Members: def.Types, UsedBy: usedBy}
	for _, f := range def.Fields {
		e.Fields = append(e.Fields, fieldMember(def, f, access))
	}
	for _, v := range def.EnumValues {
		e.Fields = append(e.Fields, member{
			ID: def.Name + "." + v.Name, Name: v.Name, Description: v.Description, Deprecated: deprecated(v.Directives),
		})
	}
	if def.Kind == ast.Interface {
		for _, other := range doc.Definitions {
			if slices.Contains(other.Interfaces, def.Name) {
				e.Members = append(e.Members, other.Name)
			}
		}
	}
	return e
}

func fieldMember(def *ast.Definition, f *ast.FieldDefinition, access map[supergraph.Coordinate]supergraph.Access) member {
	m := member{
		ID: def.Name + "." + f.Name, Name: f.Name, Description: f.Description, Deprecated: deprecated(f.Directives),
		Requires: requirements(access[supergraph.Coordinate{Type: def.Name, Field: f.Name}]), Type: f.Type,
	}
	if f.DefaultValue != nil {
		m.Default = f.DefaultValue.String()
	}
	for _, a := range f.Arguments {
		argument := member{Name: a.Name, Description: a.Description, Deprecated: deprecated(a.Directives), Type: a.Type}
		if a.DefaultValue != nil {
			argument.Default = a.DefaultValue.String()
		}
		m.Arguments = append(m.Arguments, argument)
	}
	return m
}

// deprecated is why something should no longer be used, or "".
func deprecated(directives ast.DirectiveList) string {
	d := directives.ForName("deprecated")
	if d == nil {
		return ""
	}
	if reason := d.Arguments.ForName("reason"); reason != nil {
		return reason.Value.Raw
	}
	return "No longer supported"
}

// requirements describes what a field requires of callers.
func requirements(a supergraph.Access) []string {
	var all []string
	if a.Authenticated && len(a.Scopes) == 0 {
		all = append(all, "signed in")
	}
	for _, choice := range a.Scopes {
		all = append(all, choiceOf("", choice))
	}
	for _, choice := range a.Policies {
		all = append(all, choiceOf("policy ", choice))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func choiceOf(prefix string, choice [][]string) string {
	sets := make([]string, len(choice))
	for i, set := range choice {
		sets[i] = prefix + strings.Join(set, " + ")
	}
	return strings.Join(sets, " or ")
}

// usesOf lists for each type where it is returned or taken.
func usesOf(doc *ast.SchemaDocument) map[string][]string {
	uses := map[string][]string{}
	add := func(t *ast.Type, coordinate string) {
		if known := uses[t.Name()]; len(known) == 0 || known[len(known)-1] != coordinate {
			uses[t.Name()] = append(known, coordinate)
		}
	}
	for _, def := range doc.Definitions {
		for _, f := range def.Fields {
			add(f.Type, def.Name+"."+f.Name)
			for _, a := range f.Arguments {
				add(a.Type, def.Name+"."+f.Name)
			}
		}
	}
	return uses
}

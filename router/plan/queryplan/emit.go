package queryplan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/supergraph"
)

// emit writes the plan in the engine's form, as its post-processing leaves it.
func (x *planning) emit() (*engine.SynchronousResponsePlan, error) {
	operation := ast.OperationTypeQuery
	if x.operation.Operation == vektah.Mutation {
		operation = ast.OperationTypeMutation
	}
	response := &resolve.GraphQLResponse{Info: &resolve.GraphQLResponseInfo{OperationType: operation}}
	var stages []*resolve.FetchTreeNode
	for _, r := range x.schedule() {
		var together []*resolve.FetchTreeNode
		for _, fetches := range r {
			item := x.item(fetches)
			response.RawFetches = append(response.RawFetches, item)
			together = append(together, &resolve.FetchTreeNode{Kind: resolve.FetchTreeNodeKindSingle, Item: item})
		}
		if len(together) == 1 {
			stages = append(stages, together[0])
			continue
		}
		stages = append(stages, resolve.Parallel(together...))
	}
	if len(stages) > 0 {
		response.Fetches = resolve.Sequence(stages...)
	}
	response.Data = x.data(x.root, nil, false)
	response.Info.AuthorizationCoordinates = authorizationCoordinates(response)
	return &engine.SynchronousResponsePlan{Response: response}, nil
}

// item writes the requests that are one: a root request, one for entities, or one
// for several lists of them.
func (x *planning) item(fetches []*fetch) *resolve.FetchItem {
	f := fetches[0]
	source := x.sources[f.graph]
	dependencies := resolve.FetchDependencies{FetchID: f.id, DependsOnFetchIDs: dependencies(fetches)}
	switch {
	case f.isRoot():
		p := printer{Planner: x.Planner, graph: f.graph}
		body := p.set(f.node)
		mutation := x.operation.Operation == vektah.Mutation && len(f.path) == 0
		text := x.heading(p.variables, nil, mutation) + body
		item := f.item()
		item.Fetch = &resolve.SingleFetch{
			FetchDependencies: dependencies,
			FetchConfiguration: resolve.FetchConfiguration{
				DataSource: source.Data, PostProcessing: results("data"),
			},
			InputTemplate: template(x.request(source.URL, text, p.variables, "")),
			Info:          x.info(f, text, mutation),
		}
		return item
	case len(fetches) == 1:
		return x.entityItem(f, dependencies)
	default:
		return x.mergedItem(fetches, dependencies)
	}
}

func dependencies(fetches []*fetch) []int {
	var out []int
	for _, f := range fetches {
		for _, before := range f.before {
			if id := before.now().id; !slices.Contains(out, id) && id != f.id {
				out = append(out, id)
			}
		}
	}
	slices.Sort(out)
	return out
}

func results(path ...string) resolve.PostProcessingConfiguration {
	return resolve.PostProcessingConfiguration{SelectResponseDataPath: path, SelectResponseErrorsPath: []string{"errors"}}
}

func (x *planning) entityItem(f *fetch, dependencies resolve.FetchDependencies) *resolve.FetchItem {
	source := x.sources[f.graph]
	p := printer{Planner: x.Planner, graph: f.graph}
	body := "{_entities(representations: $representations)" + p.entities(f) + "}"
	text := x.heading(p.variables, []string{"$representations: [_Any!]!"}, false) + body
	head := x.request(source.URL, text, p.variables, `"representations":[`)
	foot := template([]resolve.TemplateSegment{static("]}}}")})
	head, _ = head[:len(head)-1], head[len(head)-1] // without the end of the request
	header := resolve.InputTemplate{Segments: head, SetTemplateOutputToNullOnVariableNull: true}
	info := x.info(f, text, false)
	item := f.item()
	body2 := x.representation(f)
	foot.SetTemplateOutputToNullOnVariableNull = true
	if !slices.ContainsFunc(f.path, func(s step) bool { return s.list }) {
		item.Fetch = &resolve.EntityFetch{
			FetchDependencies: dependencies, DataSource: source.Data, PostProcessing: results("data", "_entities", "0"), Info: info,
			Input: resolve.EntityInput{Header: header, Item: body2, SkipErrItem: true, Footer: foot},
		}
		return item
	}
	item.Fetch = &resolve.BatchEntityFetch{
		FetchDependencies: dependencies, DataSource: source.Data, PostProcessing: results("data", "_entities"), Info: info,
		Input: resolve.BatchInput{
			Header: header, Items: []resolve.InputTemplate{body2}, SkipNullItems: true, SkipEmptyObjectItems: true, SkipErrItems: true,
			Separator: template([]resolve.TemplateSegment{static(",")}), Footer: foot,
		},
	}
	return item
}

// entities writes the selection on _entities.
func (p *printer) entities(f *fetch) string {
	if f.entityName == "" {
		return p.set(f.node)
	}
	return "{... on " + f.entityName + " " + p.set(f.node) + "}"
}

func (x *planning) mergedItem(fetches []*fetch, dependencies resolve.FetchDependencies) *resolve.FetchItem {
	source := x.sources[fetches[0].graph]
	out := &resolve.MultiEntityFetch{FetchDependencies: dependencies, DataSource: source.Data}
	var bodies, declared []string
	variables := make([][]string, len(fetches))
	for i, f := range fetches {
		alias := fmt.Sprintf("f%d", i+1)
		p := printer{Planner: x.Planner, graph: f.graph, suffix: "_" + alias}
		bodies = append(bodies, fmt.Sprintf("%s: _entities(representations: $representations_%s) @include(if: $includeF%d)%s", alias, alias, i+1, p.entities(f)))
		variables[i] = p.variables
		declared = append(declared, fmt.Sprintf("$representations_%s: [_Any!]!", alias))
		declared = append(append(declared, x.declarations(p.variables, p.suffix)...), fmt.Sprintf("$includeF%d: Boolean!", i+1))
	}
	text := x.heading(nil, declared, false) + "{" + strings.Join(bodies, " ") + "}"
	for i, f := range fetches {
		alias := fmt.Sprintf("f%d", i+1)
		comma := ","
		if i == 0 {
			comma = ""
		}
		item := f.item()
		item.Fetch = out
		origin := resolve.EntityFetchOriginBatch
		if !slices.ContainsFunc(f.path, func(s step) bool { return s.list }) {
			origin = resolve.EntityFetchOriginSingle
		}
		entry := resolve.MultiEntityFetchEntry{
			Alias: alias, Item: item, Info: x.info(f, text, false), PostProcessing: results("data", alias), OriginKind: origin,
			RepresentationsPrefix: fmt.Appendf(nil, `%s"representations_%s":[`, comma, alias), Representations: x.representation(f),
			IncludePrefix: fmt.Appendf(nil, `],"includeF%d":`, i+1),
			SkipNullItems: true, SkipEmptyObjectItems: true, SkipErrItems: true,
		}
		for _, name := range variables[i] {
			entry.Variables = append(entry.Variables, resolve.MultiEntityFetchVariable{
				KeyPrefix: fmt.Appendf(nil, `,%q:`, name+"_"+alias), Value: template([]resolve.TemplateSegment{variable(name)}),
			})
		}
		out.Input.Entries = append(out.Input.Entries, entry)
	}
	query, _ := json.Marshal(text)
	out.Input.Header = template([]resolve.TemplateSegment{static(`{"method":"POST","url":` + quoted(source.URL) + `,"body":{"query":` + plain(query) + `,"variables":{`)})
	out.Input.Footer = template([]resolve.TemplateSegment{static("}}}")})
	info := x.info(fetches[0], text, false)
	info.RootFields = nil
	for _, f := range fetches {
		info.RootFields = append(info.RootFields, x.rootFields(f)...)
	}
	out.Info = info
	return &resolve.FetchItem{Fetch: out}
}

// item returns where the objects of a request for entities are.
func (f *fetch) item() *resolve.FetchItem {
	item := &resolve.FetchItem{}
	for i, s := range f.path {
		element := resolve.ObjectPath(s.name)
		if s.list {
			element = resolve.ArrayPath(s.name)
		}
		element.TypeNames = s.types
		item.FetchPath = append(item.FetchPath, element)
		item.ResponsePathElements = append(item.ResponsePathElements, s.name)
		if s.list && i < len(f.path)-1 {
			item.ResponsePathElements = append(item.ResponsePathElements, "@")
		}
	}
	item.ResponsePath = strings.Join(item.ResponsePathElements, ".")
	return item
}

// heading declares the variables of a request.
func (x *planning) heading(variables, more []string, mutation bool) string {
	declared := append(slices.Clone(more), x.declarations(variables, "")...)
	out := ""
	switch {
	case mutation:
		out = "mutation"
	case len(declared) > 0:
		out = "query"
	}
	if len(declared) > 0 {
		out += "(" + strings.Join(declared, ", ") + ")"
	}
	return out
}

func (x *planning) declarations(variables []string, suffix string) []string {
	var out []string
	for _, name := range variables {
		if v := x.operation.VariableDefinitions.ForName(name); v != nil {
			out = append(out, "$"+name+suffix+": "+v.Type.String())
		}
	}
	return out
}

func static(text string) resolve.TemplateSegment {
	return resolve.TemplateSegment{SegmentType: resolve.StaticSegmentType, Data: []byte(text)}
}

func variable(name string) resolve.TemplateSegment {
	return (&resolve.ContextVariable{Path: []string{name}, Renderer: resolve.NewJSONVariableRenderer()}).TemplateSegment()
}

func template(segments []resolve.TemplateSegment) resolve.InputTemplate {
	return resolve.InputTemplate{Segments: segments}
}

func quoted(text string) string {
	out, _ := json.Marshal(text)
	return plain(out)
}

// plain undoes the escapes that are for HTML.
func plain(text []byte) string {
	for from, to := range map[string]string{`\u0026`: "&", `\u003c`: "<", `\u003e`: ">"} {
		text = bytes.ReplaceAll(text, []byte(from), []byte(to))
	}
	return string(text)
}

// request writes a request up to its end, which is the last segment. last is the
// beginning of a last variable, or "".
func (x *planning) request(url, text string, variables []string, last string) []resolve.TemplateSegment {
	head := `{"method":"POST","url":` + quoted(url) + `,"body":{"query":` + quoted(text)
	if len(variables) == 0 && last == "" {
		return []resolve.TemplateSegment{static(head + "}}")}
	}
	head += `,"variables":{`
	var out []resolve.TemplateSegment
	for i, name := range variables {
		if i > 0 {
			head = ","
		}
		out = append(out, static(head+quoted(name)+":"), variable(name))
		head = ","
	}
	if last != "" {
		out = append(out, static(head+last))
	}
	return append(out, static("}}}"))
}

func (x *planning) rootFields(f *fetch) []resolve.GraphCoordinate {
	var out []resolve.GraphCoordinate
	for _, p := range f.node.parts {
		for _, field := range p.fields {
			_, guarded := x.rules[field.coordinate]
			c := resolve.GraphCoordinate{TypeName: field.coordinate.Type, FieldName: field.coordinate.Field, HasAuthorizationRule: guarded}
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

func (x *planning) info(f *fetch, text string, mutation bool) *resolve.FetchInfo {
	operation := ast.OperationTypeQuery
	if mutation {
		operation = ast.OperationTypeMutation
	}
	shown := &resolve.QueryPlan{Query: indented(text)}
	for _, r := range f.representations {
		for _, typeName := range r.types {
			shown.DependsOnFields = append(shown.DependsOnFields, resolve.Representation{
				Kind: resolve.RepresentationKindKey, TypeName: typeName, Fragment: "fragment Key on " + typeName + " {" + shownFields(r.fields) + "}",
			})
		}
	}
	return &resolve.FetchInfo{
		DataSourceID: f.graph, DataSourceName: x.sources[f.graph].Name, RootFields: x.rootFields(f), OperationType: operation, QueryPlan: shown,
	}
}

func shownFields(requests []*request) string {
	out := []string{"__typename"}
	for _, r := range requests {
		text := r.name + argumentsText(r.arguments)
		if r.child != nil {
			var below []string
			for _, g := range r.child.groups {
				for _, b := range g.requests {
					if !slices.Contains(below, b.name) {
						below = append(below, b.name)
					}
				}
			}
			text += " { " + strings.Join(below, " ") + " }"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// indented breaks a document into lines.
func indented(text string) string {
	var b strings.Builder
	depth, parens, inText := 0, 0, false
	newline := func() {
		b.WriteByte('\n')
		b.WriteString(strings.Repeat("  ", depth))
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '"' && (i == 0 || text[i-1] != '\\') {
			inText = !inText
		}
		switch {
		case inText || parens > 0 && c != '(' && c != ')':
			b.WriteByte(c)
		case c == '(':
			parens++
			b.WriteByte(c)
		case c == ')':
			parens--
			b.WriteByte(c)
		case c == '{':
			depth++
			b.WriteString(" {")
			newline()
		case c == '}':
			depth--
			newline()
			b.WriteByte('}')
		case c == ' ' && i+1 < len(text) && isBreak(text, i):
			newline()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isBreak reports a space between two selections.
func isBreak(text string, i int) bool {
	next := text[i+1]
	if next == '{' || next == '@' || next == '(' {
		return false
	}
	before := text[:i]
	return !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, "...") && !strings.HasSuffix(before, " on") && !strings.HasSuffix(before, "...on")
}

// representation describes what is sent of an object.
func (x *planning) representation(f *fetch) resolve.InputTemplate {
	node := &resolve.Object{Nullable: true}
	if f.entityName == "" && len(f.at.types) == 1 {
		node.TypeName = f.at.types[0]
	}
	for _, r := range f.representations {
		var on [][]byte
		if !r.all || len(f.representations) > 1 {
			on = names(r.types)
		}
		typename := &resolve.Field{Name: []byte("__typename"), OnTypeNames: on, Value: &resolve.String{Path: []string{"__typename"}}}
		if f.entityName != "" {
			typename.Value = &resolve.StaticString{Value: r.name, Path: []string{"__typename"}}
		} else if len(r.types) == 1 {
			typename.Value = &resolve.StaticString{Value: r.types[0], Path: []string{"__typename"}}
		}
		node.Fields = append(node.Fields, typename)
		for _, request := range r.fields {
			node.Fields = append(node.Fields, &resolve.Field{Name: []byte(request.name), OnTypeNames: on, Value: x.value(r.types[0], request, true)})
		}
	}
	segment := resolve.NewResolvableObjectVariable(node).TemplateSegment()
	return resolve.InputTemplate{Segments: []resolve.TemplateSegment{segment}, SetTemplateOutputToNullOnVariableNull: true}
}

func names(types []string) [][]byte {
	out := make([][]byte, len(types))
	for i, name := range types {
		out[i] = []byte(name)
	}
	return out
}

// value describes the value of a request.
func (x *planning) value(object string, r *request, sent bool) resolve.Node {
	if r.static {
		return &resolve.StaticString{Value: object, Path: []string{"__typename"}}
	}
	path := []string{r.response}
	if r.name == "__typename" {
		return &resolve.String{Path: path, IsTypeName: true}
	}
	def := x.sg.Type(object).Fields.ForName(r.name)
	return x.typed(def.Type, path, r, sent)
}

func (x *planning) typed(t *vektah.Type, path []string, r *request, sent bool) resolve.Node {
	nullable := !t.NonNull
	if t.Elem != nil {
		return &resolve.Array{Path: path, Nullable: nullable, Item: x.typed(t.Elem, nil, r, sent)}
	}
	switch t.NamedType {
	case "String":
		return &resolve.String{Path: path, Nullable: nullable}
	case "Int":
		return &resolve.Integer{Path: path, Nullable: nullable}
	case "Float":
		return &resolve.Float{Path: path, Nullable: nullable}
	case "Boolean":
		return &resolve.Boolean{Path: path, Nullable: nullable}
	}
	def := x.sg.Type(t.NamedType)
	switch {
	case def == nil || def.Kind == vektah.Scalar:
		return &resolve.Scalar{Path: path, Nullable: nullable}
	case def.Kind == vektah.Enum:
		e := &resolve.Enum{Path: path, Nullable: nullable, TypeName: def.Name}
		for _, v := range def.EnumValues {
			e.Values = append(e.Values, v.Name)
			if v.Directives.ForName("inaccessible") != nil && !sent {
				e.InaccessibleValues = append(e.InaccessibleValues, v.Name)
			}
		}
		return e
	default:
		out := x.data(r.child, path, sent)
		out.Nullable = nullable
		return out
	}
}

// data describes the objects of a position.
func (x *planning) data(at *position, path []string, sent bool) *resolve.Object {
	out := &resolve.Object{Path: path}
	if at == nil {
		return out
	}
	if path != nil || !x.sg.IsRoot(at.declared) {
		out.TypeName = at.declared
		out.PossibleTypes = map[string]struct{}{}
		if at.resolved || len(at.types) == 1 && at.types[0] == at.declared {
			for _, name := range x.possible(at.declared) {
				if sent || x.sg.Type(name).Directives.ForName("inaccessible") == nil {
					out.PossibleTypes[name] = struct{}{}
				}
			}
		}
	}
	if len(at.groups) > 0 && len(at.groups[0].sources) > 0 {
		out.SourceName = x.sources[at.groups[0].sources[0].graph].Name
	}
	if sent && at.resolved {
		out.Fields = append(out.Fields, &resolve.Field{Name: []byte("__typename"), Value: &resolve.String{Path: []string{"__typename"}}})
	}
	for _, e := range x.merged(at) {
		f := &resolve.Field{Name: []byte(e.request.alias), Value: x.value(e.types[0], e.request, sent)}
		if sent {
			f.Name = []byte(e.request.name)
		} else {
			f.Info = x.fieldInfo(e)
		}
		if len(e.types) < len(at.types) {
			f.OnTypeNames = names(e.types)
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

func (x *planning) fieldInfo(e entry) *resolve.FieldInfo {
	c := supergraph.Coordinate{Type: e.request.parent, Field: e.request.name}
	_, guarded := x.rules[c]
	info := &resolve.FieldInfo{Name: c.Field, ExactParentTypeName: c.Type, ParentTypeNames: []string{c.Type}, HasAuthorizationRule: guarded}
	if def := x.sg.Type(e.types[0]).Fields.ForName(c.Field); def != nil {
		info.NamedType = def.Type.Name()
	}
	for _, f := range e.request.fetches {
		info.Source.IDs = append(info.Source.IDs, f.graph)
		info.Source.Names = append(info.Source.Names, x.sources[f.graph].Name)
	}
	return info
}

// entry is a field of the response, and the types of objects that have it.
type entry struct {
	request *request
	types   []string
}

// merged lists the fields of all groups: those of each in its order, and leaves
// that several groups have at one place once.
func (x *planning) merged(at *position) []entry {
	var out []entry
	for _, g := range at.groups {
		next := 0
		for _, r := range g.requests {
			same := -1
			for i := next; i < len(out); i++ {
				if o := out[i].request; o.alias == r.alias && o.name == r.name && o.response == r.response && !o.static && !r.static && o.child == nil && r.child == nil && o.parent == r.parent && x.sameType(out[i].types[0], g.types[0], r.name) {
					same = i
					break
				}
			}
			if same >= 0 {
				out[same].types = append(slices.Clone(out[same].types), g.types...)
				next = same + 1
				continue
			}
			out = slices.Insert(out, next, entry{r, g.types})
			next++
		}
	}
	return out
}

func (x *planning) sameType(a, b, field string) bool {
	first, second := x.sg.Type(a).Fields.ForName(field), x.sg.Type(b).Fields.ForName(field)
	return first == second || first != nil && second != nil && first.Type.String() == second.Type.String()
}

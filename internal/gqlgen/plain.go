package main

import (
	"go/types"
	"path/filepath"
	"slices"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/99designs/gqlgen/plugin"
	"github.com/vektah/gqlparser/v2/ast"
)

// immediate are fields with a resolver that only computes: they are plain.
var immediate = map[string]bool{"Image.url": true}

// plainFields writes plain.go beside the generated server, and takes over from it the
// functions that marshal values of object types.
type plainFields struct{}

var _ plugin.CodeGenerator = plainFields{}

func (plainFields) Name() string { return "plain" }

// GenerateCode runs before gqlgen generates the server.
func (plainFields) GenerateCode(data *codegen.Data) error {
	if len(data.AllDirectives.LocationDirectives("FIELD")) > 0 {
		return nil // such a directive may be on any field of a query
	}
	p := &plan{data: data, objects: map[string]*codegen.Object{}}
	for _, o := range data.Objects {
		if !o.Root && !o.IsMap() && !o.IsReserved() {
			p.objects[o.Name] = o
		}
	}
	for _, key := range slices.Sorted(keysOf(data.ReferencedTypes)) {
		if ref := data.ReferencedTypes[key]; p.marshals(ref) {
			p.marshalers = append(p.marshalers, ref)
			delete(data.ReferencedTypes, key)
		}
	}
	if len(p.marshalers) == 0 {
		return nil
	}
	return templates.Render(templates.Options{
		PackageName:     data.Config.Exec.Package,
		Filename:        plainFile(data.Config),
		Template:        "{{ .Code }}",
		Data:            p,
		GeneratedHeader: true,
		Packages:        data.Config.Packages,
	})
}

func plainFile(cfg *config.Config) string {
	return filepath.Join(filepath.Dir(cfg.Exec.Filename), "plain.go")
}

func keysOf(m map[string]*config.TypeReference) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// A plan is what plain.go has.
type plan struct {
	data       *codegen.Data
	objects    map[string]*codegen.Object
	marshalers []*config.TypeReference
}

// marshals reports whether plain.go has the function that marshals the type: that of an
// object, or of a list of objects, interfaces or unions.
func (p *plan) marshals(ref *config.TypeReference) bool {
	if ref.IsPtrToSlice() || ref.IsPtrToIntf() || ref.IsPtrToPtr() || ref.IsMarshaler || ref.Marshaler != nil || ref.IsRoot {
		return false
	}
	if ref.IsSlice() {
		return !ref.Elem().IsSlice() && (p.objects[ref.Definition.Name] != nil || p.data.Interfaces[ref.Definition.Name] != nil) && p.writable(ref)
	}
	return p.objects[ref.Definition.Name] != nil && p.writable(ref)
}

// writable reports whether values of the type can be written.
func (p *plan) writable(ref *config.TypeReference) bool {
	switch {
	case ref.IsPtrToSlice() || ref.IsPtrToIntf() || ref.IsPtrToPtr():
		return false
	case ref.IsSlice():
		return p.writable(ref.Elem())
	case ref.IsMarshaler || ref.Marshaler != nil:
		return true
	case p.objects[ref.Definition.Name] != nil:
		return ref.Definition.Kind == ast.Object
	default:
		i := p.data.Interfaces[ref.Definition.Name]
		return i != nil && p.covers(i)
	}
}

// covers reports whether all types of an interface or union are objects of the plan.
func (p *plan) covers(i *codegen.Interface) bool {
	for _, implementor := range i.Implementors {
		if p.objects[implementor.Name] == nil {
			return false
		}
	}
	return len(i.Implementors) > 0
}

// plain reports whether a field's value is written without gqlgen.
func (p *plan) plain(f *codegen.Field) bool {
	switch {
	case f.IsReserved(), f.Stream, f.IsMap(), f.HasHaser, f.IsBatch(), f.HasFederationRequiresArg(), f.HasDirectives():
		return false
	case f.IsResolver && !immediate[f.Object.Name+"."+f.Name]:
		return false
	case p.restricted(f), f.TypeReference.IsRoot:
		return false
	}
	return p.writable(f.TypeReference)
}

// restricted reports whether a reader of the field needs an account or a scope, which
// an interceptor checks.
func (p *plan) restricted(f *codegen.Field) bool {
	lists := []ast.DirectiveList{f.Object.Definition.Directives, f.FieldDefinition.Directives}
	if of := p.data.Schema.Types[f.Type.Name()]; of != nil {
		lists = append(lists, of.Directives)
	}
	return slices.ContainsFunc(lists, func(l ast.DirectiveList) bool {
		return l.ForName("authenticated") != nil || l.ForName("requiresScopes") != nil || l.ForName("policy") != nil
	})
}

func nilable(t types.Type) bool { return config.IsNilable(t) }

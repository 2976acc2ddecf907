package supergraph

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// A spec is a feature that a supergraph may @link, and its directives. A directive
// with the name of its spec is used as @name, others as @name__directive.
type spec struct {
	versions   []string // that are supported; none: any
	directives []string
	security   bool // may be linked with for: SECURITY
}

// supportedSpecs are the features that this router implements. Any other may only
// be linked without a purpose: see readLinks.
func supportedSpecs() map[string]spec {
	return map[string]spec{
		"link":           {},
		"join":           {versions: []string{"v0.3", "v0.4", "v0.5"}},
		"inaccessible":   {versions: []string{"v0.1", "v0.2"}, directives: []string{"inaccessible"}, security: true},
		"tag":            {directives: []string{"tag"}},
		"authenticated":  {versions: []string{"v0.1"}, directives: []string{"authenticated"}, security: true},
		"requiresScopes": {versions: []string{"v0.1"}, directives: []string{"requiresScopes"}, security: true},
		"policy":         {versions: []string{"v0.1"}, directives: []string{"policy"}, security: true},
		"cost":           {versions: []string{"v0.1"}, directives: []string{"cost", "listSize"}},
		"cacheControl":   {directives: []string{"cacheControl"}},
	}
}

// readLinks checks the features that a supergraph links, and returns the names in
// the document of the directives that are supported. A feature linked for
// SECURITY or EXECUTION must be supported: serving the graph without it would
// expose fields that it protects.
func readLinks(schemas ast.SchemaDefinitionList) (names map[string]string, err error) {
	names = map[string]string{}
	joined := false
	for _, schema := range schemas {
		for _, link := range schema.Directives.ForNames("link") {
			name, err := readLink(link, names)
			if err != nil {
				return nil, err
			}
			joined = joined || name == "join"
		}
	}
	if !joined {
		return nil, errors.New("not a supergraph: its schema does not @link the join spec")
	}
	return names, nil
}

func readLink(link *ast.Directive, names map[string]string) (name string, err error) {
	url := argument(link, "url")
	parts := strings.Split(strings.TrimSuffix(url, "/"), "/")
	version := parts[len(parts)-1]
	if len(parts) > 1 {
		name = parts[len(parts)-2]
	}
	known, ok := supportedSpecs()[name]
	if !strings.HasPrefix(url, "https://specs.apollo.dev/") {
		known, ok = spec{}, false
	}
	purpose := argument(link, "for")
	switch {
	case ok && len(known.versions) > 0 && !slices.Contains(known.versions, version):
		return "", fmt.Errorf("supergraph uses %s spec %s; supported are %s", name, version, strings.Join(known.versions, ", "))
	case purpose == "SECURITY" && !known.security:
		return "", fmt.Errorf("supergraph uses the security feature %s, which this router cannot enforce", url)
	case purpose == "EXECUTION" && !ok:
		return "", fmt.Errorf("supergraph uses the execution feature %s, which this router does not support", url)
	case !ok:
		return "", nil
	}
	maps.Copy(names, localNames(link, name, known))
	return name, nil
}

// localNames returns the names of a spec's directives in the document, which
// `as:` and `import:` may change.
func localNames(link *ast.Directive, name string, known spec) map[string]string {
	prefix := name
	if as := argument(link, "as"); as != "" {
		prefix = as
	}
	names := map[string]string{}
	for _, d := range known.directives {
		if d == name {
			names[prefix] = d
		} else {
			names[prefix+"__"+d] = d
		}
	}
	imports := link.Arguments.ForName("import")
	if imports == nil {
		return names
	}
	for _, child := range imports.Value.Children {
		imported, as := child.Value.Raw, ""
		for _, member := range child.Value.Children {
			switch member.Name {
			case "name":
				imported = member.Value.Raw
			case "as":
				as = member.Value.Raw
			}
		}
		if as == "" {
			as = imported
		}
		if canonical := strings.TrimPrefix(imported, "@"); slices.Contains(known.directives, canonical) {
			names[strings.TrimPrefix(as, "@")] = canonical
		}
	}
	return names
}

// renameDirectives gives the directives of a definition their canonical names, so
// that no other code has to handle renamed imports.
func renameDirectives(def *ast.Definition, names map[string]string) {
	renameList(def.Directives, names)
	for _, f := range def.Fields {
		renameList(f.Directives, names)
		for _, a := range f.Arguments {
			renameList(a.Directives, names)
		}
	}
	for _, v := range def.EnumValues {
		renameList(v.Directives, names)
	}
}

func renameList(list ast.DirectiveList, names map[string]string) {
	for _, d := range list {
		if canonical, ok := names[d.Name]; ok {
			d.Name = canonical
		}
	}
}

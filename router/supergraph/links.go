package supergraph

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// A spec is a feature that a supergraph may @link, and the directives it
// brings: the first bears the spec's own name, others stand behind it.
type spec struct {
	versions   []string // that are known; none means any
	directives []string
	secures    bool // may be linked for SECURITY
}

// specs are the features whose rules this router keeps. A feature that is not
// here may be linked for nothing that matters: see readLinks.
func specs() map[string]spec {
	return map[string]spec{
		"link":           {},
		"join":           {versions: []string{"v0.3", "v0.4", "v0.5"}},
		"inaccessible":   {versions: []string{"v0.1", "v0.2"}, directives: []string{"inaccessible"}, secures: true},
		"tag":            {directives: []string{"tag"}},
		"authenticated":  {versions: []string{"v0.1"}, directives: []string{"authenticated"}, secures: true},
		"requiresScopes": {versions: []string{"v0.1"}, directives: []string{"requiresScopes"}, secures: true},
		"policy":         {versions: []string{"v0.1"}, directives: []string{"policy"}, secures: true},
		"cost":           {versions: []string{"v0.1"}, directives: []string{"cost", "listSize"}},
		"cacheControl":   {directives: []string{"cacheControl"}},
	}
}

// readLinks checks what a supergraph links, and returns by which names it
// calls the directives that we know. What bears on security or on execution
// must be understood: a rule that is silently dropped is a hole.
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
	known, ok := specs()[name]
	if !strings.HasPrefix(url, "https://specs.apollo.dev/") {
		known, ok = spec{}, false
	}
	purpose := argument(link, "for")
	switch {
	case ok && len(known.versions) > 0 && !slices.Contains(known.versions, version):
		return "", fmt.Errorf("supergraph uses %s spec %s; known are %s", name, version, strings.Join(known.versions, ", "))
	case purpose == "SECURITY" && !known.secures:
		return "", fmt.Errorf("supergraph uses the security feature %s, which this router cannot enforce", url)
	case purpose == "EXECUTION" && !ok:
		return "", fmt.Errorf("supergraph uses the execution feature %s, which this router does not know", url)
	case !ok:
		return "", nil
	}
	maps.Copy(names, localNames(link, name, known))
	return name, nil
}

// localNames lists what a spec's directives are called in the document: a
// spec's namesake by the spec's local name, others behind it, unless imported.
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

// rename gives the directives of a definition their specs' own names, so that
// nobody else need know of renamed imports.
func rename(def *ast.Definition, names map[string]string) {
	renameAll(def.Directives, names)
	for _, f := range def.Fields {
		renameAll(f.Directives, names)
		for _, a := range f.Arguments {
			renameAll(a.Directives, names)
		}
	}
	for _, v := range def.EnumValues {
		renameAll(v.Directives, names)
	}
}

func renameAll(list ast.DirectiveList, names map[string]string) {
	for _, d := range list {
		if canonical, ok := names[d.Name]; ok {
			d.Name = canonical
		}
	}
}

package plan

import (
	"fmt"
	"maps"
	"strings"

	"cartograph/router/supergraph"
)

// CacheHint is how long a response may be cached. The zero value: not at all.
type CacheHint = supergraph.CacheHint

// SetCacheHints adds to the schema's cache hints; keys are coordinates such as
// "Query.product". It must be called before the planner is used. A field that
// does not exist is an error: it is likely to be misspelled.
func (p *Planner) SetCacheHints(hints map[string]CacheHint) error {
	all := maps.Clone(p.hints)
	for name, hint := range hints {
		typeName, field, _ := strings.Cut(name, ".")
		t := p.sg.Type(typeName)
		if t == nil || t.Fields.ForName(field) == nil {
			return fmt.Errorf("cache hint for %q: no such field", name)
		}
		all[supergraph.Coordinate{Type: typeName, Field: field}] = hint
	}
	p.hints = all
	return nil
}

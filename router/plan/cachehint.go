package plan

import (
	"fmt"
	"maps"
	"strings"

	"cartograph/router/supergraph"
)

// CacheHint says how long an answer may be kept. The zero value: not at all.
type CacheHint = supergraph.CacheHint

// SetCacheHints adds to what the schema says of caching; keys are coordinates
// as "Query.product". It must be called before the planner is used. A field
// that does not exist is refused: its hint would be missed somewhere.
func (p *Planner) SetCacheHints(hints map[string]CacheHint) error {
	all := maps.Clone(p.hints)
	for name, hint := range hints {
		typeName, field, _ := strings.Cut(name, ".")
		t := p.sg.Type(typeName)
		if t == nil || t.Fields.ForName(field) == nil {
			return fmt.Errorf("a cache hint is given for %q, which is no field", name)
		}
		all[supergraph.Coordinate{Type: typeName, Field: field}] = hint
	}
	p.hints = all
	return nil
}

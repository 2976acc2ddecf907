package execute

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

// guard decides before anything is fetched which fields the actor may read.
type guard struct {
	rules map[supergraph.Coordinate]supergraph.Access
	actor auth.Actor
	// The policies that the caller was granted for this request.
	granted []string
}

// AuthorizeFields answers for each coordinate. The reason is the error's code.
func (g guard) AuthorizeFields(_ *resolve.Context, fields []resolve.GraphCoordinate) ([]resolve.AuthorizationDecision, error) {
	out := make([]resolve.AuthorizationDecision, len(fields))
	for i, f := range fields {
		code := g.refuses(supergraph.Coordinate{Type: f.TypeName, Field: f.FieldName})
		out[i].Allowed, out[i].Reason = code == "", string(code)
	}
	return out, nil
}

// decide is the code of each field's refusal, "" where there is none; nil if
// there is none at all.
func (g guard) decide(fields []supergraph.Coordinate) []gqlerr.Code {
	var codes []gqlerr.Code
	for i, f := range fields {
		if code := g.refuses(f); code != "" {
			if codes == nil {
				codes = make([]gqlerr.Code, len(fields))
			}
			codes[i] = code
		}
	}
	return codes
}

// refuses is why the actor may not read a field, or "".
func (g guard) refuses(field supergraph.Coordinate) gqlerr.Code {
	rule := g.rules[field]
	if rule.AllowsWith(g.actor.SignedIn(), g.actor.Has, func(policy string) bool { return slices.Contains(g.granted, policy) }) {
		return ""
	}
	if !g.actor.SignedIn() {
		return gqlerr.Unauthenticated
	}
	return gqlerr.Forbidden
}

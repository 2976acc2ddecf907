package execute

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

// authorizer decides, before anything is fetched, which fields the actor may
// read. The decision depends on rules and caller only and never on data, so that
// a denied field is not even requested.
type authorizer struct {
	rules map[supergraph.Coordinate]supergraph.Access
	actor auth.Actor
	// The policies that were granted to the caller for this request.
	policies []string
}

// AuthorizeFields implements the engine's interface. The reason is the code of
// the error.
func (g authorizer) AuthorizeFields(_ *resolve.Context, fields []resolve.GraphCoordinate) ([]resolve.AuthorizationDecision, error) {
	out := make([]resolve.AuthorizationDecision, len(fields))
	for i, f := range fields {
		code := g.denial(supergraph.Coordinate{Type: f.TypeName, Field: f.FieldName})
		out[i].Allowed, out[i].Reason = code == "", string(code)
	}
	return out, nil
}

// denials returns the error code for each field, "" where access is granted; nil
// if it is granted to all.
func (g authorizer) denials(fields []supergraph.Coordinate) []gqlerr.Code {
	var codes []gqlerr.Code
	for i, f := range fields {
		if code := g.denial(f); code != "" {
			if codes == nil {
				codes = make([]gqlerr.Code, len(fields))
			}
			codes[i] = code
		}
	}
	return codes
}

// denial returns the code for a field that the actor may not read, or "".
func (g authorizer) denial(field supergraph.Coordinate) gqlerr.Code {
	rule := g.rules[field]
	if rule.AllowsWith(g.actor.SignedIn(), g.actor.Has, func(policy string) bool { return slices.Contains(g.policies, policy) }) {
		return ""
	}
	if !g.actor.SignedIn() {
		return gqlerr.Unauthenticated
	}
	return gqlerr.Forbidden
}

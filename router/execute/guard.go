package execute

import (
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

// guard decides before anything is fetched which fields the actor may read.
type guard struct {
	rules map[supergraph.Coordinate]supergraph.Access
	actor auth.Actor
}

// AuthorizeFields answers for each coordinate. The reason is the error's code.
func (g guard) AuthorizeFields(_ *resolve.Context, fields []resolve.GraphCoordinate) ([]resolve.AuthorizationDecision, error) {
	out := make([]resolve.AuthorizationDecision, len(fields))
	for i, f := range fields {
		rule := g.rules[supergraph.Coordinate{Type: f.TypeName, Field: f.FieldName}]
		out[i].Allowed = rule.Allows(g.actor.SignedIn(), g.actor.Has)
		if !out[i].Allowed {
			out[i].Reason = string(g.refusal())
		}
	}
	return out, nil
}

func (g guard) refusal() gqlerr.Code {
	if !g.actor.SignedIn() {
		return gqlerr.Unauthenticated
	}
	return gqlerr.Forbidden
}

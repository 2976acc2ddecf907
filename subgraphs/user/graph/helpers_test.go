package graph_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/golang-jwt/jwt/v5"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/payloadquery"
	"cartograph/internal/pgtest"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/db"
	"cartograph/subgraphs/user/graph"
	"cartograph/subgraphs/user/graph/gen"
)

// people of the tests, with ids that are given.
const (
	adaID     = "usr_01J0000000000000000000000A"
	kimID     = "usr_01J0000000000000000000000B"
	adaHome   = "adr_01J0000000000000000000000A"
	adaStudio = "adr_01J0000000000000000000000B"
)

// shop is the subgraph on a database of its own.
type shop struct {
	*subgraphtest.Server
	statements *pgtest.Statements
	users      *user.Service
	schema     graphql.ExecutableSchema
	deliveries *deliveryLog
}

func newShop(t *testing.T) *shop {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	users := user.NewService(pool, outbox.New(pool), slog.New(slog.DiscardHandler))
	home := user.Postal{Name: "Ada", Line1: "1840 Alder Crossing", City: "Portland", Region: new("OR"), PostalCode: "97205", CountryCode: "US"}
	studio := user.Postal{Name: "Ada", Company: new("Studio"), Line1: "Lindenhofweg 27", City: "Berlin", PostalCode: "10437", CountryCode: "DE"}
	err := users.Import(t.Context(), []user.Draft{
		{
			ID: adaID, Email: "ada@demo.test", Password: "ada-likes-teapots", DisplayName: "Ada", Phone: "+15035550142",
			Locale: "en-US", Roles: []user.Role{user.Customer},
			Addresses: []user.AddressDraft{
				{ID: adaHome, Postal: home, Default: user.Purpose{Shipping: true}},
				{ID: adaStudio, Postal: studio, Default: user.Purpose{Billing: true}},
			},
		},
		{
			ID: kimID, Email: "kim@demo.test", Password: "kim-answers-mail", DisplayName: "Kim",
			Locale: "de-DE", Roles: []user.Role{user.Customer, user.Support},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	deliveries := &deliveryLog{}
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Accounts: users, Webhooks: user.NewWebhooks(users, deliveries, payloadquery.New(partnerRouter(t).URL), false)}})
	return &shop{subgraphtest.Serve(t, schema), statements, users, schema, deliveries}
}

func anonymous() auth.Actor { return auth.Actor{Kind: auth.Anonymous} }

func customer(userID string) auth.Actor {
	return auth.Actor{Kind: auth.User, ID: userID, SessionID: id.New(id.Session), Scopes: []string{"profile:read"}}
}

func support() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"profile:read", "users:read"}}
}

// refusals are the paths and codes of the errors.
func refusals(a subgraphtest.Answer) []string {
	refused := a.Codes()
	for i, code := range refused {
		path, _ := json.Marshal(a.Errors[i].Path) // it was JSON
		refused[i] = string(path) + " " + code
	}
	return refused
}

// actorOf is who the tokens of an AuthPayload name.
func actorOf(t *testing.T, a subgraphtest.Answer, mutation string) auth.Actor {
	t.Helper()
	token, _ := a.At(mutation, "session", "accessToken").(string)
	var claims auth.AccessClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		t.Fatalf("access token %q: %v", token, err)
	}
	return claims.Actor()
}

const authFields = `{
	session { accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt scopes }
	user { id displayName }
	userErrors { code message path }
}`

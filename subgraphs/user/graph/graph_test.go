package graph_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/subgraph"
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
	t          *testing.T
	handler    http.Handler
	internal   *auth.Internal
	statements *pgtest.Statements
}

func newShop(t *testing.T) *shop {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	log := slog.New(slog.DiscardHandler)
	users := user.NewService(pool, outbox.New(pool), log)
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
	internal, err := auth.NewInternal("0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Users: users}})
	return &shop{t: t, handler: subgraph.Handler(schema, internal, log), internal: internal, statements: statements}
}

func anybody() auth.Actor { return auth.Actor{Kind: auth.Anonymous} }

func customer(userID string) auth.Actor {
	return auth.Actor{Kind: auth.User, ID: userID, SessionID: id.New(id.Session), Scopes: []string{"profile:read"}}
}

func support() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"profile:read", "users:read"}}
}

// answer is what a subgraph says.
type answer struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

// codes are the paths and codes of the errors.
func (a answer) codes() []string {
	var codes []string
	for _, e := range a.Errors {
		path, _ := json.Marshal(e.Path)
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, string(path)+" "+code)
	}
	return codes
}

func (s *shop) ask(by auth.Actor, query string, variables map[string]any) answer {
	s.t.Helper()
	token, err := s.internal.Sign(auth.Caller{Actor: by, Locale: "en-US", Currency: "EUR", Country: "DE", RequestID: "req-1"})
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		s.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		s.t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return a
}

// data is what an operation answers that may not fail.
func (s *shop) data(by auth.Actor, query string, variables map[string]any) map[string]any {
	s.t.Helper()
	a := s.ask(by, query, variables)
	if len(a.Errors) > 0 {
		s.t.Fatalf("%s\nfailed: %+v", query, a.Errors)
	}
	return a.Data
}

// want compares what an operation answers with JSON.
func (s *shop) want(by auth.Actor, query string, variables map[string]any, want string) {
	s.t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		s.t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(wanted, s.data(by, query, variables)); diff != "" {
		s.t.Errorf("%s\n(-want +got):\n%s", query, diff)
	}
}

// within follows a path into an answer.
func within(t *testing.T, data any, path ...string) any {
	t.Helper()
	for _, step := range path {
		object, ok := data.(map[string]any)
		if !ok {
			t.Fatalf("%v has no %s", data, step)
		}
		data = object[step]
	}
	return data
}

// actorOf is who the tokens of an AuthPayload name.
func actorOf(t *testing.T, data map[string]any, mutation string) auth.Actor {
	t.Helper()
	token, _ := within(t, data, mutation, "session", "accessToken").(string)
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

func TestAStoryOfSigningIn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	guest := actorOf(t, s.data(anybody(), "mutation { guestSessionCreate "+authFields+" }", nil), "guestSessionCreate")
	s.want(guest, "{ me { id } requestContext { actor actorId scopes locale currencyCode countryCode requestId } }", nil, `{
		"me": null,
		"requestContext": {"actor": "GUEST", "actorId": "`+guest.ID+`", "scopes": ["cart:read", "orders:read:own", "payments:read:own"],
			"locale": "en-US", "currencyCode": "EUR", "countryCode": "DE", "requestId": "req-1"}
	}`)

	registered := s.data(guest, `mutation($input: UserRegisterInput!) { userRegister(input: $input) `+authFields+` }`,
		map[string]any{"input": map[string]any{"email": "Bo@demo.test", "password": "kettles in the snow", "displayName": "Bo"}})
	bo := actorOf(t, registered, "userRegister")
	if bo.GuestID != guest.ID {
		t.Errorf("Bo was guest %q, want %s", bo.GuestID, guest.ID)
	}
	s.want(bo, "{ me { displayName email phone roles locale sessions { id current } } }", nil, `{"me": {
		"displayName": "Bo", "email": "bo@demo.test", "phone": null, "roles": ["CUSTOMER"], "locale": "en-US",
		"sessions": [{"id": "`+bo.SessionID+`", "current": true}]
	}}`)

	refresh := map[string]any{"token": within(t, registered, "userRegister", "session", "refreshToken")}
	const refreshing = "mutation($token: String!) { sessionRefresh(refreshToken: $token) " + authFields + " }"
	if got := actorOf(t, s.data(anybody(), refreshing, refresh), "sessionRefresh"); got.GuestID != guest.ID || got.SessionID != bo.SessionID {
		t.Errorf("refreshed as %+v", got)
	}
	s.want(anybody(), refreshing, refresh, `{"sessionRefresh": {"session": null, "user": null, "userErrors": [
		{"code": "TOKEN_INVALID", "message": "This session has ended. Please sign in again.", "path": ["refreshToken"]}]}}`)
	s.want(bo, "mutation { sessionRevoke { revokedSessionIds userErrors { code } } }", nil,
		`{"sessionRevoke": {"revokedSessionIds": ["`+bo.SessionID+`"], "userErrors": []}}`)

	again := s.data(anybody(), `mutation { userLogin(input: {email: "BO@demo.test", password: "kettles in the snow"}) `+authFields+` }`, nil)
	if got := actorOf(t, again, "userLogin"); got.ID != bo.ID || got.GuestID != "" {
		t.Errorf("signed in as %+v, want %s", got, bo.ID)
	}
}

func TestAMistakeIsAUserError(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, c := range []struct {
		by       auth.Actor
		mutation string
		want     []string // code and path
	}{
		{anybody(), `userLogin(input: {email: "ada@demo.test", password: "x"}) { userErrors { code path } }`, []string{"CREDENTIALS_INVALID"}},
		{
			anybody(), `userRegister(input: {email: "x", password: "short", displayName: ""}) { userErrors { code path } }`,
			[]string{"INVALID_INPUT input.email", "PASSWORD_TOO_WEAK input.password", "INVALID_INPUT input.displayName"},
		},
		{anybody(), `userRegister(input: {email: "ADA@demo.test", password: "kettles in the snow", displayName: "A"}) { userErrors { code path } }`, []string{"EMAIL_TAKEN input.email"}},
		{customer(adaID), `sessionRevoke(sessionId: "ses_x") { userErrors { code path } }`, []string{"NOT_FOUND sessionId"}},
		{customer(adaID), `passwordChange(currentPassword: "x", newPassword: "kettles in the snow") { userErrors { code path } }`, []string{"CREDENTIALS_INVALID currentPassword"}},
		{customer(adaID), `passwordChange(currentPassword: "ada-likes-teapots", newPassword: "qwertyuiop") { userErrors { code path } }`, []string{"PASSWORD_TOO_WEAK newPassword"}},
		{customer(adaID), `profileUpdate(input: {displayName: null, phone: "x"}) { userErrors { code path } }`, []string{"INVALID_INPUT input.displayName", "INVALID_INPUT input.phone"}},
		{customer(kimID), `addressDelete(id: "` + adaHome + `") { userErrors { code path } }`, []string{"NOT_FOUND id"}},
		{customer(kimID), `addressSetDefault(id: "` + adaHome + `", purpose: BILLING) { userErrors { code path } }`, []string{"NOT_FOUND id"}},
		{
			customer(kimID), `addressUpdate(id: "` + adaHome + `", input: {name: "K", line1: "1", city: "B", postalCode: "10437", countryCode: "DE"}) { userErrors { code path } }`,
			[]string{"NOT_FOUND id"},
		},
		{
			customer(kimID), `addressCreate(input: {name: "", line1: "1", city: "B", postalCode: "1", countryCode: "DE"}) { userErrors { code path } }`,
			[]string{"INVALID_INPUT input.name", "INVALID_INPUT input.postalCode"},
		},
	} {
		data := s.data(c.by, "mutation { it: "+c.mutation+" }", nil)
		var got []string
		for _, e := range within(t, data, "it", "userErrors").([]any) {
			var path []string
			if steps, ok := within(t, e, "path").([]any); ok {
				for _, step := range steps {
					path = append(path, step.(string))
				}
			}
			got = append(got, strings.TrimSpace(within(t, e, "code").(string)+" "+strings.Join(path, ".")))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.mutation, diff)
		}
	}
}

func TestAccountChangesAreSeen(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ada := customer(adaID)
	s.want(ada, `mutation { profileUpdate(input: {displayName: "Ada L.", phone: null}) { user { displayName phone locale } userErrors { code } } }`, nil,
		`{"profileUpdate": {"user": {"displayName": "Ada L.", "phone": null, "locale": "en-US"}, "userErrors": []}}`)
	s.want(ada, `mutation { passwordChange(currentPassword: "ada-likes-teapots", newPassword: "kettles in the snow") { user { id } userErrors { code } } }`, nil,
		`{"passwordChange": {"user": {"id": "`+adaID+`"}, "userErrors": []}}`)

	created := s.data(ada, `mutation($input: PostalAddressInput!) { addressCreate(input: $input, setDefault: true) { address { id formatted } userErrors { code } } }`,
		map[string]any{"input": map[string]any{"name": "Ada", "line1": "10 Quiet Row", "line2": nil, "city": "London", "postalCode": "sw1a 1aa", "countryCode": "GB"}})
	addressID := within(t, created, "addressCreate", "address", "id").(string)
	if diff := cmp.Diff([]any{"Ada", "10 Quiet Row", "London", "SW1A 1AA", "United Kingdom"}, within(t, created, "addressCreate", "address", "formatted")); diff != "" {
		t.Errorf("label (-want +got):\n%s", diff)
	}
	const defaults = "{ me { defaultShippingAddress { id } defaultBillingAddress { id } } }"
	s.want(ada, defaults, nil, `{"me": {"defaultShippingAddress": {"id": "`+addressID+`"}, "defaultBillingAddress": {"id": "`+addressID+`"}}}`)
	s.want(ada, `mutation { addressSetDefault(id: "`+adaStudio+`", purpose: BILLING) { address { company } userErrors { code } } }`, nil,
		`{"addressSetDefault": {"address": {"company": "Studio"}, "userErrors": []}}`)
	s.want(ada, `mutation { addressUpdate(id: "`+adaStudio+`", input: {name: "Ada", line1: "2", city: "Graz", postalCode: "8010", countryCode: "AT"}) { address { id city company } userErrors { code } } }`, nil,
		`{"addressUpdate": {"address": {"id": "`+adaStudio+`", "city": "Graz", "company": null}, "userErrors": []}}`)
	s.want(ada, `mutation { addressDelete(id: "`+addressID+`") { address { city } userErrors { code } } }`, nil,
		`{"addressDelete": {"address": {"city": "London"}, "userErrors": []}}`)
	s.want(ada, defaults, nil, `{"me": {"defaultShippingAddress": null, "defaultBillingAddress": {"id": "`+adaStudio+`"}}}`)
}

func TestWhoMayAskWhat(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	guest := auth.Actor{Kind: auth.Guest, ID: id.New(id.Guest), Scopes: []string{"cart:read"}}
	address := `{name: "K", line1: "1", city: "B", postalCode: "10437", countryCode: "DE"}`
	mutations := map[string]string{
		"sessionRevoke":     `mutation { it: sessionRevoke { userErrors { code } } }`,
		"passwordChange":    `mutation { it: passwordChange(currentPassword: "x", newPassword: "y") { userErrors { code } } }`,
		"profileUpdate":     `mutation { it: profileUpdate(input: {}) { userErrors { code } } }`,
		"addressCreate":     `mutation { it: addressCreate(input: ` + address + `) { userErrors { code } } }`,
		"addressUpdate":     `mutation { it: addressUpdate(id: "x", input: ` + address + `) { userErrors { code } } }`,
		"addressDelete":     `mutation { it: addressDelete(id: "x") { userErrors { code } } }`,
		"addressSetDefault": `mutation { it: addressSetDefault(id: "x", purpose: BILLING) { userErrors { code } } }`,
	}
	for name, mutation := range mutations {
		for _, by := range []auth.Actor{anybody(), guest} {
			a := s.ask(by, mutation, nil)
			if diff := cmp.Diff([]string{`["it"] UNAUTHENTICATED`}, a.codes()); diff != "" || within(t, a.Data, "it") != nil {
				t.Errorf("%s by %s: %v", name, by.Kind, a)
			}
		}
	}
	staffOnly := `{ user(id: "` + adaID + `") { email } }`
	if diff := cmp.Diff([]string{`["user"] FORBIDDEN`}, s.ask(customer(kimID), staffOnly, nil).codes()); diff != "" {
		t.Errorf("user by a customer (-want +got):\n%s", diff)
	}
	s.want(support(), staffOnly, nil, `{"user": {"email": "ada@demo.test"}}`)
	s.want(support(), `{ user(id: "`+id.New(id.User)+`") { email } }`, nil, `{"user": null}`)
}

const entities = `query($reps: [_Any!]!) { _entities(representations: $reps) {
	__typename
	... on User {
		id displayName locale email phone roles addresses { totalCount nodes { city } }
		defaultShippingAddress { city } defaultBillingAddress { city } sessions { id }
	}
	... on Address { id city }
} }`

func TestEntitiesGiveStrangersTheNameOnly(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	reps := map[string]any{"reps": []any{
		map[string]any{"__typename": "User", "id": adaID},
		map[string]any{"__typename": "User", "id": id.New(id.User)},
		map[string]any{"__typename": "Address", "id": adaHome},
	}}
	const all = `{"_entities": [
		{"__typename": "User", "id": "` + adaID + `", "displayName": "Ada", "locale": "en-US", "email": "ada@demo.test", "phone": "+15035550142",
			"roles": ["CUSTOMER"], "addresses": {"totalCount": 2, "nodes": [{"city": "Portland"}, {"city": "Berlin"}]},
			"defaultShippingAddress": {"city": "Portland"}, "defaultBillingAddress": {"city": "Berlin"}, "sessions": SESSIONS},
		null,
		{"__typename": "Address", "id": "` + adaHome + `", "city": "Portland"}
	]}`
	const nameOnly = `{"_entities": [
		{"__typename": "User", "id": "` + adaID + `", "displayName": "Ada", "locale": null, "email": null, "phone": null,
			"roles": null, "addresses": null, "defaultShippingAddress": null, "defaultBillingAddress": null, "sessions": null},
		null,
		null
	]}`
	s.want(customer(adaID), entities, reps, strings.ReplaceAll(all, "SESSIONS", "[]"))
	s.want(support(), entities, reps, strings.ReplaceAll(all, "SESSIONS", "null"))
	s.want(customer(kimID), entities, reps, nameOnly)

	for _, by := range []auth.Actor{anybody(), {Kind: auth.Guest, ID: adaID, Scopes: []string{"cart:read"}}} {
		a := s.ask(by, entities, reps)
		var want map[string]any
		if err := json.Unmarshal([]byte(nameOnly), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, a.Data); diff != "" {
			t.Errorf("entities for %s (-want +got):\n%s", by.Kind, diff)
		}
		if got := len(a.codes()); got != 7 {
			t.Errorf("%d fields were refused to %s, want each of the 7 that need a scope: %v", got, by.Kind, a.codes())
		}
	}
}

func TestNodesAreFoundByTheirPrefix(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	stubs := map[string]id.Prefix{
		"Product": id.Product, "ProductVariant": id.Variant, "Category": id.Category, "Brand": id.Brand,
		"Cart": id.Cart, "Checkout": id.Checkout, "Order": id.Order, "Payment": id.Payment, "Refund": id.Refund,
	}
	for name, prefix := range stubs {
		nodeID := id.New(prefix)
		s.want(anybody(), `{ node(id: "`+nodeID+`") { __typename id } }`, nil, `{"node": {"__typename": "`+name+`", "id": "`+nodeID+`"}}`)
	}
	for _, bad := range []string{"", "x", "usr_", "prd_short", id.New("xyz"), id.New(id.User), id.New(id.Address), id.New(id.Session), `usr_\u0000`} {
		s.want(customer(adaID), `{ node(id: "`+bad+`") { id } }`, nil, `{"node": null}`)
	}
	productID := id.New(id.Product)
	const nodes = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on User { displayName email } ... on Address { city } } }`
	ids := map[string]any{"ids": []string{adaHome, "x", kimID, productID, adaID, adaHome}}
	s.want(customer(adaID), nodes, ids, `{"nodes": [
		{"__typename": "Address", "id": "`+adaHome+`", "city": "Portland"},
		null,
		{"__typename": "User", "id": "`+kimID+`", "displayName": "Kim", "email": null},
		{"__typename": "Product", "id": "`+productID+`"},
		{"__typename": "User", "id": "`+adaID+`", "displayName": "Ada", "email": "ada@demo.test"},
		{"__typename": "Address", "id": "`+adaHome+`", "city": "Portland"}
	]}`)
	many := make([]string, subgraph.MaxPage+1)
	if diff := cmp.Diff([]string{`["nodes"] BAD_USER_INPUT`}, s.ask(anybody(), nodes, map[string]any{"ids": many}).codes()); diff != "" {
		t.Errorf("too many ids (-want +got):\n%s", diff)
	}
}

func TestAddressesComeInPages(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const page = `query($first: Int, $after: String) { me { addresses(first: $first, after: $after) {
		totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
	var seen []string
	after := any(nil)
	for range 3 {
		data := s.data(customer(adaID), page, map[string]any{"first": 1, "after": after})
		addresses := within(t, data, "me", "addresses")
		if total := within(t, addresses, "totalCount"); total != 2.0 {
			t.Errorf("totalCount = %v, want 2", total)
		}
		for _, node := range within(t, addresses, "nodes").([]any) {
			seen = append(seen, within(t, node, "id").(string))
		}
		if within(t, addresses, "pageInfo", "hasNextPage") != (len(seen) == 1 && after == nil) {
			t.Errorf("page after %v: %v", after, within(t, addresses, "pageInfo"))
		}
		if end := within(t, addresses, "pageInfo", "endCursor"); end != nil {
			after = end
		}
	}
	if diff := cmp.Diff([]string{adaHome, adaStudio}, seen); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, bad := range []map[string]any{
		{"first": -1}, {"first": 101}, {"after": "nonsense"}, {"after": subgraph.EncodeCursor("orders", adaHome)}, {"after": subgraph.EncodeCursor("addresses", 1)},
	} {
		if diff := cmp.Diff([]string{`["me","addresses"] BAD_USER_INPUT`}, s.ask(customer(adaID), page, bad).codes()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", bad, diff)
		}
	}
}

func TestReadsCostFewStatements(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	user := func(userID string) any { return map[string]any{"__typename": "User", "id": userID} }
	for name, c := range map[string]struct {
		by        auth.Actor
		query     string
		variables map[string]any
		most      int
	}{
		"requestContext": {customer(adaID), "{ requestContext { serverTime } }", nil, 0},
		"me":             {customer(adaID), "{ me { displayName email roles } }", nil, 1},
		"me with addresses": {
			customer(adaID),
			"{ me { addresses { totalCount nodes { formatted } } defaultShippingAddress { city } defaultBillingAddress { city } sessions { id } } }", nil, 5,
		},
		"names of many users": {anybody(), entitiesOf("displayName"), map[string]any{"reps": []any{user(adaID), user(kimID), user(adaID)}}, 1},
		"addresses of many users": {
			support(), entitiesOf("addresses { nodes { city } } defaultShippingAddress { city }"),
			map[string]any{"reps": []any{user(adaID), user(kimID), user(adaID)}},
			3,
		},
		"nodes": {
			customer(adaID), "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
			map[string]any{"ids": []string{adaID, kimID, adaHome, adaStudio, id.New(id.Product)}},
			2,
		},
	} {
		s.statements.Reset()
		s.data(c.by, c.query, c.variables)
		if n := s.statements.N(); n > c.most {
			t.Errorf("%s cost %d statements, want %d:\n%s", name, n, c.most, strings.Join(s.statements.SQL(), "\n"))
		}
	}
}

func entitiesOf(fields string) string {
	return "query($reps: [_Any!]!) { _entities(representations: $reps) { ... on User { " + fields + " } } }"
}

func TestNothingIsAnsweredWithoutAnInternalToken(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ me { id } }"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("status = %d, want 401", w.Code)
	}
}

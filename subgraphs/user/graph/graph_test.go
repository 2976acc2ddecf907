package graph_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/subgraph/subgraphtest"
)

func TestSessionLifecycle(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	guest := actorOf(t, s.Must(t, anonymous(), "mutation { guestSessionCreate "+authFields+" }", nil), "guestSessionCreate")
	s.Want(t, guest, "{ me { id } requestContext { actor actorId scopes locale currencyCode countryCode requestId } }", nil, `{
		"me": null,
		"requestContext": {"actor": "GUEST", "actorId": "`+guest.ID+`", "scopes": ["cart:read", "orders:read:own", "payments:read:own"],
			"locale": "en-US", "currencyCode": "USD", "countryCode": "US", "requestId": "test"}
	}`)

	registered := s.Must(t, guest, `mutation($input: UserRegisterInput!) { userRegister(input: $input) `+authFields+` }`,
		map[string]any{"input": map[string]any{"email": "Bo@demo.test", "password": "kettles in the snow", "displayName": "Bo"}})
	bo := actorOf(t, registered, "userRegister")
	if bo.GuestID != guest.ID {
		t.Errorf("Bo was guest %q, want %s", bo.GuestID, guest.ID)
	}
	s.Want(t, bo, "{ me { displayName email phone roles locale sessions { id current } } }", nil, `{"me": {
		"displayName": "Bo", "email": "bo@demo.test", "phone": null, "roles": ["CUSTOMER"], "locale": "en-US",
		"sessions": [{"id": "`+bo.SessionID+`", "current": true}]
	}}`)

	refresh := map[string]any{"token": registered.At("userRegister", "session", "refreshToken")}
	const refreshing = "mutation($token: String!) { sessionRefresh(refreshToken: $token) " + authFields + " }"
	for range 2 { // the second time, an answer was lost
		if got := actorOf(t, s.Must(t, anonymous(), refreshing, refresh), "sessionRefresh"); got.GuestID != guest.ID || got.SessionID != bo.SessionID {
			t.Errorf("refreshed as %+v", got)
		}
	}
	s.Want(t, anonymous(), refreshing, map[string]any{"token": "unknown"}, `{"sessionRefresh": {"session": null, "user": null, "userErrors": [
		{"code": "TOKEN_INVALID", "message": "This session has ended. Please sign in again.", "path": ["refreshToken"]}]}}`)
	s.Want(t, bo, "mutation { sessionRevoke { revokedSessionIds userErrors { code } } }", nil,
		`{"sessionRevoke": {"revokedSessionIds": ["`+bo.SessionID+`"], "userErrors": []}}`)

	again := s.Must(t, anonymous(), `mutation { userLogin(input: {email: "BO@demo.test", password: "kettles in the snow"}) `+authFields+` }`, nil)
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
		{anonymous(), `userLogin(input: {email: "ada@demo.test", password: "x"}) { userErrors { code path } }`, []string{"CREDENTIALS_INVALID"}},
		{
			anonymous(), `userRegister(input: {email: "x", password: "short", displayName: ""}) { userErrors { code path } }`,
			[]string{"INVALID_INPUT input.email", "PASSWORD_TOO_WEAK input.password", "INVALID_INPUT input.displayName"},
		},
		{anonymous(), `userRegister(input: {email: "ADA@demo.test", password: "kettles in the snow", displayName: "A"}) { userErrors { code path } }`, nil},
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
		data := s.Must(t, c.by, "mutation { it: "+c.mutation+" }", nil)
		var got []string
		for _, e := range data.At("it", "userErrors").([]any) {
			var path []string
			if steps, ok := subgraphtest.At(e, "path").([]any); ok {
				for _, step := range steps {
					path = append(path, step.(string))
				}
			}
			got = append(got, strings.TrimSpace(subgraphtest.At(e, "code").(string)+" "+strings.Join(path, ".")))
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
	s.Want(t, ada, `mutation { profileUpdate(input: {displayName: "Ada L.", phone: null}) { user { displayName phone locale } userErrors { code } } }`, nil,
		`{"profileUpdate": {"user": {"displayName": "Ada L.", "phone": null, "locale": "en-US"}, "userErrors": []}}`)
	s.Want(t, ada, `mutation { passwordChange(currentPassword: "ada-likes-teapots", newPassword: "kettles in the snow") { user { id } userErrors { code } } }`, nil,
		`{"passwordChange": {"user": {"id": "`+adaID+`"}, "userErrors": []}}`)

	created := s.Must(t, ada, `mutation($input: PostalAddressInput!) { addressCreate(input: $input, setDefault: true) { address { id formatted } userErrors { code } } }`,
		map[string]any{"input": map[string]any{"name": "Ada", "line1": "10 Quiet Row", "line2": nil, "city": "London", "postalCode": "sw1a 1aa", "countryCode": "GB"}})
	addressID := created.At("addressCreate", "address", "id").(string)
	if diff := cmp.Diff([]any{"Ada", "10 Quiet Row", "London", "SW1A 1AA", "United Kingdom"}, created.At("addressCreate", "address", "formatted")); diff != "" {
		t.Errorf("label (-want +got):\n%s", diff)
	}
	const defaults = "{ me { defaultShippingAddress { id } defaultBillingAddress { id } } }"
	s.Want(t, ada, defaults, nil, `{"me": {"defaultShippingAddress": {"id": "`+addressID+`"}, "defaultBillingAddress": {"id": "`+addressID+`"}}}`)
	s.Want(t, ada, `mutation { addressSetDefault(id: "`+adaStudio+`", purpose: BILLING) { address { company } userErrors { code } } }`, nil,
		`{"addressSetDefault": {"address": {"company": "Studio"}, "userErrors": []}}`)
	s.Want(t, ada, `mutation { addressUpdate(id: "`+adaStudio+`", input: {name: "Ada", line1: "2", city: "Graz", postalCode: "8010", countryCode: "AT"}) { address { id city company } userErrors { code } } }`, nil,
		`{"addressUpdate": {"address": {"id": "`+adaStudio+`", "city": "Graz", "company": null}, "userErrors": []}}`)
	s.Want(t, ada, `mutation { addressDelete(id: "`+addressID+`") { address { city } userErrors { code } } }`, nil,
		`{"addressDelete": {"address": {"city": "London"}, "userErrors": []}}`)
	s.Want(t, ada, defaults, nil, `{"me": {"defaultShippingAddress": null, "defaultBillingAddress": {"id": "`+adaStudio+`"}}}`)
}

func TestAccessByActor(t *testing.T) {
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
		for _, by := range []auth.Actor{anonymous(), guest} {
			a := s.Query(t, by, mutation, nil)
			if diff := cmp.Diff([]string{`["it"] UNAUTHENTICATED`}, refusals(a)); diff != "" || a.At("it") != nil {
				t.Errorf("%s by %s: %v", name, by.Kind, a)
			}
		}
	}
	staffOnly := `{ user(id: "` + adaID + `") { email } }`
	if diff := cmp.Diff([]string{`["user"] FORBIDDEN`}, refusals(s.Query(t, customer(kimID), staffOnly, nil))); diff != "" {
		t.Errorf("user by a customer (-want +got):\n%s", diff)
	}
	s.Want(t, support(), staffOnly, nil, `{"user": {"email": "ada@demo.test"}}`)
	s.Want(t, support(), `{ user(id: "`+id.New(id.User)+`") { email } }`, nil, `{"user": null}`)
}

func TestNothingIsAnsweredWithoutAnInternalToken(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if a := s.QueryWithoutToken(t, "{ me { id } }"); a.Status != http.StatusUnauthorized {
		t.Errorf("status = %d, want 401", a.Status)
	}
}

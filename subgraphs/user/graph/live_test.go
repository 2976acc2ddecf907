package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/subgraph/subgraphtest"
)

func TestARevokedSessionReadsAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Server = subgraphtest.Serve(t, s.users.RequireLiveSessions(s.schema))
	signedIn := s.Must(t, anonymous(), `mutation { userLogin(input: {email: "ada@demo.test", password: "ada-likes-teapots"}) `+authFields+` }`, nil)
	ada := actorOf(t, signedIn, "userLogin")
	const account = `{ me { email } }`
	s.Want(t, ada, account, nil, `{"me": {"email": "ada@demo.test"}}`)
	s.Must(t, ada, "mutation { sessionRevoke { userErrors { code } } }", nil)
	for _, operation := range []string{
		account,
		`mutation { profileUpdate(input: {displayName: "Eve"}) { userErrors { code } } }`,
		`mutation { addressDelete(id: "` + adaHome + `") { userErrors { code } } }`,
	} {
		got := s.Query(t, ada, operation, nil)
		if diff := cmp.Diff([]string{"UNAUTHENTICATED"}, got.Codes()); diff != "" {
			t.Errorf("%s with a revoked session: codes (-want +got):\n%s", operation, diff)
		}
	}
	s.Want(t, actorOf(t, s.Must(t, anonymous(), `mutation { userLogin(input: {email: "ada@demo.test", password: "ada-likes-teapots"}) `+authFields+` }`, nil), "userLogin"),
		`{ me { displayName } }`, nil, `{"me": {"displayName": "Ada"}}`)
}

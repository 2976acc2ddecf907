package graph_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user"
)

const apply = `mutation($s: [String!]!) { partnerApplicationSubmit(input: {organisation: "Riverside Reports", purpose: "Daily reports of orders.", scopes: $s}) {
	partnerApplication { id status scopes } userErrors { code path } } }`

func (s *shop) apply(t *testing.T, by auth.Actor) string {
	t.Helper()
	a := s.Must(t, by, apply, map[string]any{"s": []string{"orders:read"}})
	applicationID, _ := a.At("partnerApplicationSubmit", "partnerApplication", "id").(string)
	if !strings.HasPrefix(applicationID, "pap_") {
		t.Fatalf("applied: %v", a)
	}
	return applicationID
}

// works reports whether a key is that of a client.
func (s *shop) works(t *testing.T, key, clientID string) bool {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	found, err := user.NewServer(s.users).Verify(t.Context(), &rpcv1.VerifyApiClientRequest{Sha256: sum[:]})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	return err == nil && found.GetId() == clientID
}

func TestAPartnerAppliesIsApprovedAndIssuesKeys(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ada := customer(adaID)
	applicationID := s.apply(t, ada)
	s.Want(t, ada, apply, map[string]any{"s": []string{}}, `{"partnerApplicationSubmit": {"partnerApplication": null, "userErrors": [{"code": "RATE_LIMITED", "path": null}]}}`)
	issue := `mutation { partnerKeyIssue(applicationId: "` + applicationID + `", overlapHours: 1) { apiClient { id } secret userErrors { code path } } }`
	const none = `{"partnerKeyIssue": {"apiClient": null, "secret": null, "userErrors": [{"code": "NOT_FOUND", "path": ["applicationId"]}]}}`
	s.Want(t, ada, issue, nil, none) // not approved yet

	s.Want(t, administrator(), `{ partnerApplications { id organisation purpose scopes applicant { id } apiClient { id } } }`, nil, `{"partnerApplications": [
		{"id": "`+applicationID+`", "organisation": "Riverside Reports", "purpose": "Daily reports of orders.", "scopes": ["orders:read"], "applicant": {"id": "`+adaID+`"}, "apiClient": null}]}`)
	decide := `mutation { partnerApplicationDecide(id: "` + applicationID + `", input: {approve: true, note: "Welcome.", rateLimitPerMinute: 600}) {
		partnerApplication { status note apiClient { name scopes rateLimitPerMinute } } userErrors { code path } } }`
	s.Want(t, administrator(), decide, nil, `{"partnerApplicationDecide": {"partnerApplication": {"status": "APPROVED", "note": "Welcome.",
		"apiClient": {"name": "Riverside Reports", "scopes": ["orders:read"], "rateLimitPerMinute": 600}}, "userErrors": []}}`)
	s.Want(t, administrator(), decide, nil, `{"partnerApplicationDecide": {"partnerApplication": null, "userErrors": [{"code": "INVALID_INPUT", "path": ["id"]}]}}`)
	auditor := auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"users:read"}}
	s.Want(t, auditor, `{ auditLog(subject: "`+applicationID+`", first: 2) { edges { node { action } } } }`, nil,
		`{"auditLog": {"edges": [{"node": {"action": "partnerApplication.decided"}}]}}`)
	s.Want(t, administrator(), `{ partnerApplications { id } }`, nil, `{"partnerApplications": []}`)

	s.Want(t, customer(kimID), issue, nil, none) // another user
	s.Want(t, customer(kimID), `{ myPartnerApplications { id } }`, nil, `{"myPartnerApplications": []}`)
	first := s.Must(t, ada, issue, nil)
	key, _ := first.At("partnerKeyIssue", "secret").(string)
	clientID, _ := first.At("partnerKeyIssue", "apiClient", "id").(string)
	second, _ := s.Must(t, ada, issue, nil).At("partnerKeyIssue", "secret").(string)
	if !s.works(t, key, clientID) || !s.works(t, second, clientID) || key == second {
		t.Error("the two keys do not work beside each other")
	}
	s.Want(t, ada, `{ myPartnerApplications { status apiClient { id usage { requests } } } }`, nil,
		`{"myPartnerApplications": [{"status": "APPROVED", "apiClient": {"id": "`+clientID+`", "usage": []}}]}`)

	if err := s.users.Erase(t.Context(), adaID); err != nil {
		t.Fatal(err)
	}
	if s.works(t, second, clientID) {
		t.Error("a key works after its owner's account was deleted")
	}
}

func TestARejectedPartnerCanApplyAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ada := customer(adaID)
	applicationID := s.apply(t, ada)
	s.Want(t, administrator(), `mutation { partnerApplicationDecide(id: "`+applicationID+`", input: {approve: false, note: "Which customers?"}) {
		partnerApplication { status note apiClient { id } } userErrors { code } } }`, nil,
		`{"partnerApplicationDecide": {"partnerApplication": {"status": "REJECTED", "note": "Which customers?", "apiClient": null}, "userErrors": []}}`)
	s.Want(t, ada, `mutation { partnerKeyIssue(applicationId: "`+applicationID+`") { secret userErrors { code } } }`, nil,
		`{"partnerKeyIssue": {"secret": null, "userErrors": [{"code": "NOT_FOUND"}]}}`)
	if again := s.apply(t, ada); again == applicationID {
		t.Error("the second application is the first")
	}
}

func TestPartnerInputIsChecked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Want(t, customer(adaID), `mutation { partnerApplicationSubmit(input: {organisation: " ", purpose: "Short", scopes: ["orders:read", "users:write", "apiclients:manage"]}) {
		partnerApplication { id } userErrors { code path } } }`, nil, `{"partnerApplicationSubmit": {"partnerApplication": null, "userErrors": [
			{"code": "INVALID_INPUT", "path": ["input", "organisation"]}, {"code": "INVALID_INPUT", "path": ["input", "purpose"]},
			{"code": "INVALID_INPUT", "path": ["input", "scopes", "1"]}, {"code": "INVALID_INPUT", "path": ["input", "scopes", "2"]}]}}`)
	applicationID := s.apply(t, customer(adaID))
	s.Want(t, administrator(), `mutation { partnerApplicationDecide(id: "`+applicationID+`", input: {approve: true, scopes: ["pricing:write"], rateLimitPerMinute: 0}) {
		partnerApplication { id } userErrors { code path } } }`, nil, `{"partnerApplicationDecide": {"partnerApplication": null, "userErrors": [
			{"code": "INVALID_INPUT", "path": ["input", "rateLimitPerMinute"]}, {"code": "INVALID_INPUT", "path": ["input", "scopes", "0"]}]}}`)
	s.Want(t, administrator(), `{ partnerApplications { status } }`, nil, `{"partnerApplications": [{"status": "PENDING"}]}`)
	for _, unknown := range []string{"x", id.New(id.PartnerApplication)} {
		s.Want(t, administrator(), `mutation { partnerApplicationDecide(id: "`+unknown+`", input: {approve: true}) { userErrors { code path } } }`, nil,
			`{"partnerApplicationDecide": {"userErrors": [{"code": "NOT_FOUND", "path": ["id"]}]}}`)
	}
}

func TestApplicationsAreDecidedByAdministrators(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for operation, who := range map[string]map[string]auth.Actor{
		`{ it: partnerApplications { id } }`: {"UNAUTHENTICATED": anonymous(), "FORBIDDEN": support()},
		`mutation { it: partnerApplicationDecide(id: "x", input: {approve: true}) { userErrors { code } } }`: {"UNAUTHENTICATED": anonymous(), "FORBIDDEN": support()},
		`{ it: myPartnerApplications { id } }`:                                                                                    {"UNAUTHENTICATED": anonymous()},
		`mutation { it: partnerKeyIssue(applicationId: "x") { secret } }`:                                                         {"UNAUTHENTICATED": anonymous()},
		`mutation { it: partnerApplicationSubmit(input: {organisation: "a", purpose: "b", scopes: []}) { userErrors { code } } }`: {"UNAUTHENTICATED": anonymous()},
	} {
		for code, by := range who {
			a := s.Query(t, by, operation, nil)
			if diff := cmp.Diff([]string{`["it"] ` + code}, refusals(a)); diff != "" || a.At("it") != nil {
				t.Errorf("%s by %s: %v", operation, by.Kind, a)
			}
		}
	}
}

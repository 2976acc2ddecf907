package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
)

func chief() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"profile:read", "users:read", "users:write"}}
}

func TestStaffListAppointAndReadTheLog(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Want(t, chief(), `mutation { userRolesSet(userId: "`+adaID+`", roles: [SELLER]) { user { id roles } userErrors { code } } }`, nil,
		`{"userRolesSet": {"user": {"id": "`+adaID+`", "roles": ["CUSTOMER", "SELLER"]}, "userErrors": []}}`)
	s.statements.Reset()
	s.Want(t, chief(), `{ users(role: SELLER, query: "ADA@") { nodes { id email } edges { node { displayName } } totalCount pageInfo { hasNextPage } } }`, nil,
		`{"users": {"nodes": [{"id": "`+adaID+`", "email": "ada@demo.test"}], "edges": [{"node": {"displayName": "Ada"}}], "totalCount": 1, "pageInfo": {"hasNextPage": false}}}`)
	s.Want(t, chief(), `{ users(first: 1) { nodes { id } pageInfo { hasNextPage } } }`, nil, `{"users": {"nodes": [{"id": "`+kimID+`"}], "pageInfo": {"hasNextPage": true}}}`)
	s.Want(t, chief(), `{ auditLog(subject: "`+adaID+`") { nodes { actorId actor { displayName } action subjectId before after } edges { node { action } } pageInfo { hasNextPage } } }`, nil,
		`{"auditLog": {"nodes": [{"actorId": "`+kimID+`", "actor": {"displayName": "Kim"}, "action": "user.rolesSet", "subjectId": "`+adaID+`",
			"before": {"roles": ["CUSTOMER"]}, "after": {"roles": ["CUSTOMER", "SELLER"]}}], "edges": [{"node": {"action": "user.rolesSet"}}], "pageInfo": {"hasNextPage": false}}}`)
	if n := s.statements.N(); n > 5 {
		t.Errorf("two lists, a count and a page of the log with its actors cost %d statements, want 5", n)
	}
	for _, subject := range []string{"", "x", `usr_\u0000`} {
		s.Want(t, chief(), `{ auditLog(subject: "`+subject+`") { nodes { id } } }`, nil, `{"auditLog": {"nodes": []}}`)
	}
	s.Want(t, chief(), `mutation { userRolesSet(userId: "usr_x", roles: []) { user { id } userErrors { code path } } }`, nil,
		`{"userRolesSet": {"user": null, "userErrors": [{"code": "NOT_FOUND", "path": ["userId"]}]}}`)
}

func TestListsOfStaffAreForStaff(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for operation, forbidden := range map[string]auth.Actor{
		`{ it: users { nodes { id } } }`:    customer(adaID),
		`{ it: auditLog { nodes { id } } }`: customer(adaID),
		`mutation { it: userRolesSet(userId: "` + adaID + `", roles: [ADMIN]) { user { id } } }`: support(),
	} {
		for code, by := range map[string]auth.Actor{"UNAUTHENTICATED": anonymous(), "FORBIDDEN": forbidden} {
			a := s.Query(t, by, operation, nil)
			if diff := cmp.Diff([]string{`["it"] ` + code}, refusals(a)); diff != "" || a.At("it") != nil {
				t.Errorf("%s by %s: %v", operation, by.Kind, a)
			}
		}
	}
}

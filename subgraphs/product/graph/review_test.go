package graph_test

import (
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func user(id string, scopes ...string) auth.Actor {
	return auth.Actor{Kind: auth.User, ID: id, Scopes: scopes}
}

func moderator() auth.Actor { return user("usr_kim", "reviews:moderate") }

const submitReview = `mutation($product: ID!, $rating: Int!) { reviewSubmit(input: {productId: $product, rating: $rating, title: "Fine", body: "Does what it should."}) {
	review { id status } userErrors { code path } } }`

// published has a user review prd_a and the moderator publish it.
func (c client) published(t testing.TB, author string, rating int) (reviewID string) {
	t.Helper()
	submitted := c.Must(t, user(author), submitReview, map[string]any{"product": "prd_a", "rating": rating})
	reviewID, _ = submitted.At("reviewSubmit", "review", "id").(string)
	decided := c.Must(t, moderator(), `mutation($id: ID!) { reviewModerate(id: $id, decision: PUBLISHED, expectedVersion: 1) { review { status } } }`, map[string]any{"id": reviewID})
	if decided.At("reviewModerate", "review", "status") != "PUBLISHED" {
		t.Fatalf("%v %v", submitted, decided)
	}
	return reviewID
}

func TestAProductPageWithReviewsCostsOneStatementMore(t *testing.T) {
	t.Parallel()
	c := open(t)
	registered := eventtest.Envelope(event.UserRegistered{UserID: "usr_ada", DisplayName: "Ada"})
	registered.Sequence = 1
	if err := c.Handle(t.Context(), registered); err != nil {
		t.Fatal(err)
	}
	c.published(t, "usr_ada", 4)
	c.published(t, "usr_bob", 5)
	c.Statements.Reset()
	c.Want(t, anyone(), `{ product(id: "prd_a") { title reviewSummary { averageRating count distribution { rating count } }
		reviews(first: 2, sort: RATING_LOW) { totalCount nodes { rating title body locale verifiedPurchase helpfulCount votedHelpful status rejectionReason author { id displayName } } pageInfo { hasNextPage } } } }`, nil,
		`{"product": {"title": "Aurora Headphones",
		"reviewSummary": {"averageRating": 4.5, "count": 2, "distribution": [{"rating": 5, "count": 1}, {"rating": 4, "count": 1}, {"rating": 3, "count": 0}, {"rating": 2, "count": 0}, {"rating": 1, "count": 0}]},
		"reviews": {"totalCount": 2, "pageInfo": {"hasNextPage": false}, "nodes": [
			{"rating": 4, "title": "Fine", "body": "Does what it should.", "locale": "en-US", "verifiedPurchase": false, "helpfulCount": 0, "votedHelpful": null, "status": "PUBLISHED", "rejectionReason": null, "author": {"id": "usr_ada", "displayName": "Ada"}},
			{"rating": 5, "title": "Fine", "body": "Does what it should.", "locale": "en-US", "verifiedPurchase": false, "helpfulCount": 0, "votedHelpful": null, "status": "PUBLISHED", "rejectionReason": null, "author": {"id": "usr_bob", "displayName": null}}]}}}`)
	if n := c.Statements.N(); n != 2 {
		t.Errorf("it took %d statements, want 2:\n%v", n, c.Statements.SQL())
	}
	c.Statements.Reset()
	c.Want(t, anyone(), `{ products(ids: ["prd_b", "prd_a"]) { reviewSummary { averageRating } ownReview { id } reviews(rating: 5) { totalCount nodes { product { slug } } } } }`, nil,
		`{"products": [{"reviewSummary": {"averageRating": null}, "ownReview": null, "reviews": {"totalCount": 0, "nodes": []}},
		{"reviewSummary": {"averageRating": 4.5}, "ownReview": null, "reviews": {"totalCount": 1, "nodes": [{"product": {"slug": "slug-a"}}]}}]}`)
	if n := c.Statements.N(); n != 3 {
		t.Errorf("two products with reviews and their products took %d statements, want 3:\n%v", n, c.Statements.SQL())
	}
}

func TestReviewsThroughTheGraph(t *testing.T) {
	t.Parallel()
	c := open(t)
	id := c.published(t, "usr_ada", 4)
	vars := map[string]any{"id": id, "product": "prd_a", "rating": 4}
	c.Want(t, user("usr_ada"), submitReview, vars, `{"reviewSubmit": {"review": null, "userErrors": [{"code": "REVIEW_ALREADY_EXISTS", "path": ["input", "productId"]}]}}`)
	c.Want(t, user("usr_bob"), `mutation($id: ID!) { reviewVoteHelpful(id: $id, helpful: true) { review { helpfulCount votedHelpful } userErrors { code } } }`, vars,
		`{"reviewVoteHelpful": {"review": {"helpfulCount": 1, "votedHelpful": true}, "userErrors": []}}`)
	c.Want(t, user("usr_ada"), `mutation($id: ID!) { reviewUpdate(id: $id, input: {rating: 1, title: null}) { review { status version rating title body } userErrors { code } } }`, vars,
		`{"reviewUpdate": {"review": {"status": "PENDING", "version": 2, "rating": 1, "title": null, "body": "Does what it should."}, "userErrors": []}}`)
	c.Want(t, user("usr_ada"), `query($id: ID!) { review(id: $id) { status } product(id: "prd_a") { ownReview { id } reviews { totalCount nodes { id } } } }`, vars,
		`{"review": {"status": "PENDING"}, "product": {"ownReview": {"id": "`+id+`"}, "reviews": {"totalCount": 0, "nodes": []}}}`)
	c.Want(t, anyone(), `query($id: ID!) { review(id: $id) { status } }`, vars, `{"review": null}`)
	c.Want(t, moderator(), `{ reviewsAwaitingModeration { totalCount nodes { id version } } }`, nil,
		`{"reviewsAwaitingModeration": {"totalCount": 1, "nodes": [{"id": "`+id+`", "version": 2}]}}`)
	c.Want(t, user("usr_ada"), `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on User { reviews { totalCount nodes { id } } } ... on Review { rating } } }`,
		map[string]any{"reps": []any{
			map[string]any{"__typename": "User", "id": "usr_ada"},
			map[string]any{"__typename": "User", "id": "usr_bob"},
			map[string]any{"__typename": "Review", "id": id},
			map[string]any{"__typename": "Review", "id": "rev_nosuch"},
		}},
		`{"_entities": [{"reviews": {"totalCount": 1, "nodes": [{"id": "`+id+`"}]}}, {"reviews": null}, {"rating": 1}, null]}`)
	c.Want(t, user("usr_ada"), `query($id: ID!) { _entities(representations: [{__typename: "Review", nodeId: $id}]) { ... on Review { rating } } }`, vars, `{"_entities": [{"rating": 1}]}`)
	c.Want(t, user("usr_bob"), `mutation($id: ID!) { reviewDelete(id: $id) { deletedId userErrors { code } } }`, vars, `{"reviewDelete": {"deletedId": null, "userErrors": [{"code": "NOT_FOUND"}]}}`)
	c.Want(t, user("usr_ada"), `mutation($id: ID!) { reviewDelete(id: $id) { deletedId userErrors { code } } }`, vars, `{"reviewDelete": {"deletedId": "`+id+`", "userErrors": []}}`)
}

func TestReviewsRequireAUserAndModerationItsScope(t *testing.T) {
	t.Parallel()
	c := open(t)
	vars := map[string]any{"id": c.published(t, "usr_ada", 4), "product": "prd_a", "rating": 4}
	partner := auth.Actor{Kind: auth.APIClient, ID: "api_1"}
	for _, query := range []string{
		submitReview,
		`mutation($id: ID!) { reviewUpdate(id: $id, input: {rating: 1}) { userErrors { code } } }`,
		`mutation($id: ID!) { reviewDelete(id: $id) { userErrors { code } } }`,
		`mutation($id: ID!) { reviewVoteHelpful(id: $id, helpful: true) { userErrors { code } } }`,
	} {
		for code, actor := range map[string]auth.Actor{"UNAUTHENTICATED": {Kind: auth.Guest, ID: "gst_1"}, "FORBIDDEN": partner} {
			if got := c.Query(t, actor, query, vars).Codes(); len(got) != 1 || got[0] != code {
				t.Errorf("%s as %s answers %v, want %s", query, actor.Kind, got, code)
			}
		}
	}
	for _, query := range []string{
		`mutation($id: ID!) { reviewModerate(id: $id, decision: PUBLISHED) { userErrors { code } } }`,
		`{ reviewsAwaitingModeration { nodes { id } } }`,
	} {
		if got := c.Query(t, user("usr_ada"), query, vars).Codes(); len(got) != 1 || got[0] != "FORBIDDEN" {
			t.Errorf("%s as the author answers %v, want FORBIDDEN", query, got)
		}
	}
}

package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph/subgraphtest"
)

// widths are those of a review's pictures.
func widths(a subgraphtest.Answer, path ...any) (all []any) {
	images, _ := a.At(path...).([]any)
	for _, i := range images {
		all = append(all, subgraphtest.At(i, "width"))
	}
	return all
}

func TestAReviewHasPicturesOfItsAuthor(t *testing.T) {
	t.Parallel()
	c := openWithMedia(t)
	ada := user("usr_ada")
	first, second, foreign := c.uploadAs(t, ada, 40, 30), c.uploadAs(t, ada, 50, 30), c.upload(t, 60, 30)
	submit := `mutation($images: [ID!]) { reviewSubmit(input: {productId: "prd_a", rating: 4, body: "Does what it should.", imageUploadIds: $images}) {
		review { id images { width alt } } userErrors { code path } } }`
	for name, tt := range map[string]struct {
		images []string
		want   string
	}{
		"another's picture": {[]string{first, foreign}, "NOT_FOUND input.imageUploadIds"},
		"no upload":         {[]string{"upl_none"}, "NOT_FOUND input.imageUploadIds"},
		"a picture twice":   {[]string{first, first}, "INVALID_INPUT input.imageUploadIds"},
		"too many":          {[]string{"1", "2", "3", "4", "5", "6"}, "INVALID_INPUT input.imageUploadIds"},
	} {
		if diff := cmp.Diff([]string{tt.want}, errorsOf(c.Must(t, ada, submit, input{"images": tt.images}), "reviewSubmit")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	a := c.Must(t, ada, submit, input{"images": []string{second, first}})
	id := a.At("reviewSubmit", "review", "id")
	if diff := cmp.Diff([]any{50.0, 40.0}, widths(a, "reviewSubmit", "review", "images")); diff != "" {
		t.Fatalf("the pictures (-want +got):\n%s\n%v", diff, a.Data)
	}
	read := `query($id: ID!) { review(id: $id) { images { width } } product(id: "prd_a") { reviews { nodes { images { width } } } } }`
	shown := func(caller auth.Actor) [2][]any {
		a := c.Must(t, caller, read, input{"id": id})
		return [2][]any{widths(a, "review", "images"), widths(a, "product", "reviews", "nodes", 0, "images")}
	}
	queue := c.Must(t, moderator(), `{ reviewsAwaitingModeration { nodes { images { width } } } }`, nil)
	if diff := cmp.Diff([]any{50.0, 40.0}, widths(queue, "reviewsAwaitingModeration", "nodes", 0, "images")); diff != "" {
		t.Errorf("what the moderator sees (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([2][]any{}, shown(anyone())); diff != "" {
		t.Errorf("before it is published anyone sees (-want +got):\n%s", diff)
	}
	publish := `mutation($id: ID!) { reviewModerate(id: $id, decision: PUBLISHED) { userErrors { code } } }`
	c.Must(t, moderator(), publish, input{"id": id})
	if diff := cmp.Diff([2][]any{{50.0, 40.0}, {50.0, 40.0}}, shown(anyone())); diff != "" {
		t.Errorf("once it is published anyone sees (-want +got):\n%s", diff)
	}

	update := `mutation($id: ID!, $input: ReviewUpdateInput!) { reviewUpdate(id: $id, input: $input) { review { status version images { width } } userErrors { code path } } }`
	same := c.Must(t, ada, update, input{"id": id, "input": input{"imageUploadIds": []string{second, first}}})
	if same.At("reviewUpdate", "review", "status") != "PUBLISHED" || same.At("reviewUpdate", "review", "version") != 1.0 {
		t.Errorf("the same pictures again lead to %v", same.Data)
	}
	changed := c.Must(t, ada, update, input{"id": id, "input": input{"imageUploadIds": []string{first}}})
	if diff := cmp.Diff([]any{40.0}, widths(changed, "reviewUpdate", "review", "images")); diff != "" || changed.At("reviewUpdate", "review", "status") != "PENDING" {
		t.Errorf("other pictures are %v, want them to be moderated (-want +got):\n%s", changed.Data, diff)
	}
	if diff := cmp.Diff([2][]any{}, shown(anyone())); diff != "" {
		t.Errorf("before they are published anyone sees (-want +got):\n%s", diff)
	}
	attached := func() (ids []string) {
		rows, err := c.Pool.Query(t.Context(), "SELECT id FROM media_uploads WHERE attached_at IS NOT NULL")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	if diff := cmp.Diff([]string{first}, attached()); diff != "" {
		t.Errorf("uploads that are kept (-want +got):\n%s", diff)
	}
	removed := c.Must(t, ada, update, input{"id": id, "input": input{"imageUploadIds": nil}})
	if images := widths(removed, "reviewUpdate", "review", "images"); len(images) != 0 || len(attached()) != 0 {
		t.Errorf("after all were removed there are %v, and %v are kept", images, attached())
	}
	c.Must(t, ada, update, input{"id": id, "input": input{"imageUploadIds": []string{second}}})
	c.Must(t, ada, `mutation($id: ID!) { reviewDelete(id: $id) { userErrors { code } } }`, input{"id": id})
	if kept := attached(); len(kept) != 0 {
		t.Errorf("after the review was deleted %v are kept", kept)
	}
}

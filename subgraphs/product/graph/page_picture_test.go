package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Pages are categories, brands and collections: the mutation, its input and the fields of
// the picture in the input and the object.
var pages = map[string]struct{ mutation, typ, object, name, upload, alt, picture string }{
	"category":   {"categoryUpsert", "CategoryInput", "category", "name", "imageUploadId", "imageAlt", "image"},
	"brand":      {"brandUpsert", "BrandInput", "brand", "name", "logoUploadId", "logoAlt", "logo"},
	"collection": {"collectionUpsert", "CollectionInput", "collection", "title", "imageUploadId", "imageAlt", "image"},
}

func TestAPageHasAPicture(t *testing.T) {
	t.Parallel()
	c := openWithMedia(t)
	first, second, foreign := c.uploadAs(t, admin(), 30, 20), c.uploadAs(t, admin(), 40, 20), c.upload(t, 20, 20)
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			document := strings.NewReplacer("MUTATION", p.mutation, "INPUT", p.typ, "OBJECT", p.object, "PICTURE", p.picture).
				Replace(`mutation($input: INPUT!) { MUTATION(input: $input) { OBJECT { id PICTURE { alt width } } userErrors { code path } } }`)
			var pageID any
			save := func(in input) (picture any, errors []string) {
				t.Helper()
				if in["id"] = pageID; pageID == nil {
					delete(in, "id")
				}
				a := c.Query(t, admin(), document, input{"input": in})
				if errors = errorsOf(a, p.mutation); len(errors) == 0 {
					pageID = a.At(p.mutation, p.object, "id")
				}
				return a.At(p.mutation, p.object, p.picture), errors
			}
			for _, step := range []struct {
				doing string
				in    input
				want  any
			}{
				{"a new one", input{p.name: "Picture of " + name, p.upload: first, p.alt: "On a table"}, map[string]any{"alt": "On a table", "width": 30.0}},
				{"without a change of the picture", input{"description": "Text"}, map[string]any{"alt": "On a table", "width": 30.0}},
				{"the same picture again", input{p.upload: first}, map[string]any{"alt": "On a table", "width": 30.0}},
				{"another text", input{p.alt: "On a shelf"}, map[string]any{"alt": "On a shelf", "width": 30.0}},
				{"another picture", input{p.upload: second}, map[string]any{"alt": "", "width": 40.0}},
				{"no picture", input{p.upload: nil}, nil},
				{"a text of none", input{p.alt: "Nothing"}, nil},
			} {
				got, errors := save(step.in)
				if diff := cmp.Diff(step.want, got); diff != "" || len(errors) > 0 {
					t.Errorf("%s: %v (-want +got):\n%s", step.doing, errors, diff)
				}
			}
			for doing, tt := range map[string]struct {
				in   input
				want string
			}{
				"no upload":          {input{p.upload: "upl_none"}, "NOT_FOUND input." + p.upload},
				"another's upload":   {input{p.upload: foreign}, "NOT_FOUND input." + p.upload},
				"a long description": {input{p.upload: first, p.alt: strings.Repeat("x", 501)}, "INVALID_INPUT input." + p.alt},
			} {
				if _, errors := save(tt.in); !cmp.Equal(errors, []string{tt.want}) {
					t.Errorf("%s: %v, want %s", doing, errors, tt.want)
				}
			}
		})
	}
	var kept int
	if err := c.Pool.QueryRow(t.Context(), "SELECT count(*) FROM media_uploads WHERE attached_at IS NOT NULL").Scan(&kept); err != nil || kept != 2 {
		t.Errorf("%d uploads are kept, %v, want those of the pages", kept, err)
	}
}

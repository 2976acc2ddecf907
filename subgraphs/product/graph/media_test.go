package graph_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/embedded/s3"
	"cartograph/internal/objectstore"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/product/graph"
	"cartograph/subgraphs/product/graph/gen"
	"cartograph/subgraphs/product/media"
	"cartograph/subgraphs/product/producttest"
)

// openWithMedia is a shop with an object store, and a worker that runs until the test
// ends.
func openWithMedia(t *testing.T) client {
	t.Helper()
	shop := producttest.Stocked(t)
	server, err := s3.Start(s3.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	store, err := objectstore.Open(server.URL(), "")
	if err != nil {
		t.Fatal(err)
	}
	cfg := media.Config{
		MaxBytes: 1 << 20, MaxPixels: 1_000_000, Workers: 1, UploadExpiry: time.Minute, UnusedAfter: time.Hour,
		UploadsPerHour: 100, BytesPerHour: 1 << 30, FetchTimeout: time.Second, FetchConcurrent: 1,
	}
	pictures := media.New(cfg, shop.Pool, store, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		_ = pictures.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Catalogue: shop.Service, Reviews: shop.Reviews, Media: pictures, Recommend: shop.Recommend}})
	return client{shop, subgraphtest.Serve(t, schema)}
}

// upload sends a picture of a size as the seller does, and waits until it is ready.
func (c client) upload(t *testing.T, width, height int) (uploadID string) {
	t.Helper()
	return c.uploadAs(t, seller(), width, height)
}

func (c client) uploadAs(t *testing.T, caller auth.Actor, width, height int) (uploadID string) {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	a := c.Query(t, caller, `mutation($input: MediaUploadInput!) { mediaUploadCreate(input: $input) { uploadId uploadUrl headers expiresAt userErrors { code } } }`,
		input{"input": input{"filename": "a.png", "contentType": "image/png", "sizeBytes": file.Len()}})
	address, _ := a.At("mediaUploadCreate", "uploadUrl").(string)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, &file)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range a.At("mediaUploadCreate", "headers").(map[string]any) {
		req.Header.Set(name, value.(string))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the upload is answered %d", res.StatusCode)
	}
	uploadID, _ = a.At("mediaUploadCreate", "uploadId").(string)
	for ends := time.Now().Add(2 * time.Minute); time.Now().Before(ends); {
		status := c.Query(t, caller, `query($id: ID!) { mediaUpload(id: $id) { status rejectionReason image { width } } }`, input{"id": uploadID})
		if status.At("mediaUpload", "status") == "READY" {
			return uploadID
		}
	}
	t.Fatal("the upload does not become a picture")
	return ""
}

const attach = `mutation($product: ID!, $upload: ID!, $alt: String!, $position: Int) { mediaAttach(productId: $product, uploadId: $upload, alt: $alt, position: $position) {
	product { version media { alt position ... on Image { width height thumbhash } } featuredImage { alt } } userErrors { code path } } }`

func alts(a subgraphtest.Answer) []string {
	var list []string
	all, _ := a.At("mediaAttach", "product", "media").([]any)
	for _, m := range all {
		list = append(list, subgraphtest.At(m, "alt").(string))
	}
	return list
}

func TestAPictureIsAttachedToAProduct(t *testing.T) {
	t.Parallel()
	c := openWithMedia(t)
	front := c.upload(t, 300, 200)
	before := c.Query(t, seller(), `{ product(id: "prd_b") { version media { alt } } }`, nil)
	first := before.At("product", "media").([]any)[0].(map[string]any)["alt"].(string)

	a := c.Query(t, seller(), attach, input{"product": "prd_b", "upload": front, "alt": "Front"})
	if diff := cmp.Diff([]string{first, "Front"}, alts(a)); diff != "" {
		t.Fatalf("the pictures (-want +got):\n%s\n%+v", diff, a.Errors)
	}
	version := a.At("mediaAttach", "product", "version")
	again := c.Query(t, seller(), attach, input{"product": "prd_b", "upload": front, "alt": "Front"})
	if diff := cmp.Diff([]string{first, "Front"}, alts(again)); diff != "" || again.At("mediaAttach", "product", "version") != version {
		t.Errorf("a repeated call leads to version %v after %v, and (-want +got):\n%s", again.At("mediaAttach", "product", "version"), version, diff)
	}
	moved := c.Query(t, seller(), attach, input{"product": "prd_b", "upload": front, "alt": "The front", "position": 0})
	if diff := cmp.Diff([]string{"The front", first}, alts(moved)); diff != "" || moved.At("mediaAttach", "product", "featuredImage", "alt") != "The front" {
		t.Errorf("after it was moved to the front (-want +got):\n%s", diff)
	}
	page := c.Query(t, anyone(), `{ product(id: "prd_b") { featuredImage { width height thumbhash
		small: url(width: 100) wide: url(width: 250) full: url low: url(height: 50, format: JPEG) square: url(width: 150, height: 150, fit: COVER, format: PNG) } } }`, nil)
	for alias, want := range map[string]string{"small": "/160.webp", "wide": "/300.webp", "full": "/300.webp", "low": "/160.jpeg", "square": "/160-1x1.png"} {
		if got, _ := page.At("product", "featuredImage", alias).(string); !strings.HasSuffix(got, want) || !strings.HasPrefix(got, "https://media.test/media/") {
			t.Errorf("%s is %s, want it to end in %s", alias, got, want)
		}
	}
	if hash, _ := page.At("product", "featuredImage", "thumbhash").(string); hash == "" || page.At("product", "featuredImage", "width") != 300.0 {
		t.Errorf("the picture is %v", page.At("product", "featuredImage"))
	}
}

func TestOnlyOwnPicturesAreAttachedToOwnProducts(t *testing.T) {
	t.Parallel()
	c := openWithMedia(t)
	own := c.upload(t, 20, 20)
	for name, tt := range map[string]struct {
		product, upload, alt string
		position             any
		other                bool
		want                 string
	}{
		"another's product":      {product: "prd_b", upload: own, other: true, want: "NOT_FOUND uploadId"},
		"no product":             {product: "prd_none", upload: own, want: "NOT_FOUND productId"},
		"no upload":              {product: "prd_b", upload: "upl_none", want: "NOT_FOUND uploadId"},
		"a zero in the upload":   {product: "prd_b", upload: "upl_\x00", want: "NOT_FOUND uploadId"},
		"a long description":     {product: "prd_b", upload: own, alt: strings.Repeat("x", 501), want: "INVALID_INPUT alt"},
		"a position before all":  {product: "prd_b", upload: own, position: -1, want: "INVALID_INPUT position"},
		"a position beyond them": {product: "prd_b", upload: own, position: 100, want: "INVALID_INPUT position"},
	} {
		caller := seller()
		if tt.other {
			caller = otherSeller()
		}
		a := c.Query(t, caller, attach, input{"product": tt.product, "upload": tt.upload, "alt": tt.alt, "position": tt.position})
		if diff := cmp.Diff([]string{tt.want}, errorsOf(a, "mediaAttach")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if seen := c.Query(t, otherSeller(), `query($id: ID!) { mediaUpload(id: $id) { status } }`, input{"id": own}); seen.At("mediaUpload") != nil {
		t.Error("another seller sees the upload")
	}
	// A picture of the other seller's own for the product of Sam.
	if _, err := c.Pool.Exec(t.Context(), "UPDATE media_uploads SET owner_id = 'usr_other'"); err != nil {
		t.Fatal(err)
	}
	a := c.Query(t, otherSeller(), attach, input{"product": "prd_b", "upload": own, "alt": ""})
	if diff := cmp.Diff([]string{"NOT_FOUND productId"}, errorsOf(a, "mediaAttach")); diff != "" {
		t.Errorf("another's product (-want +got):\n%s", diff)
	}
}

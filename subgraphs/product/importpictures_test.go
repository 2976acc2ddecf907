package product_test

import (
	"bytes"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"cartograph/internal/embedded/s3"
	"cartograph/internal/objectstore"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/media"
	"cartograph/subgraphs/product/producttest"
)

func pictureOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// pictures imports pictures of a folder, and of any address.
func pictures(t *testing.T, s *producttest.Shop, folder fstest.MapFS) *media.Importer {
	t.Helper()
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
		FetchPrivate: true, FetchTimeout: 5 * time.Second, FetchConcurrent: 2,
	}
	return &media.Importer{Service: media.New(cfg, s.Pool, store, slog.New(slog.DiscardHandler)), OwnerID: product.ImportOwner, Folder: folder}
}

func TestAFileBringsItsPictures(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	var requests atomic.Int64
	red, blue := pictureOf(t, 60, 40), pictureOf(t, 50, 50)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		_, _ = w.Write(red)
	}))
	t.Cleanup(server.Close)
	how := product.FileImport{Pictures: pictures(t, s, fstest.MapFS{"pictures/blue.png": {Data: blue}, "blue.png": {Data: blue}})}
	rows := []string{
		"slug,title,category,images,option1_name,option1_value,sku,price_USD,variant_image",
		"tall-mug,Tall Mug,Kitchen," + server.URL + "/red.png?size=1 | In red; pictures/blue.png | In blue,Colour,Red,TM-R,12.50," + server.URL + "/red.png?size=1",
		"tall-mug,,,,,Blue,TM-B,12.50,blue.png",
	}
	result, refused := importFile(t, s, csvRows(rows...), how)
	if want := (product.FileResult{Created: 1}); result != want {
		t.Fatalf("the result is %+v, %q, want one created", result, refused)
	}
	p, err := s.Product(t.Context(), nil, new("tall-mug"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Images) != 2 || p.Images[0].Alt != "In red" || p.Images[0].Width != 60 || p.Images[0].Height != 40 || p.Images[0].ThumbHash == "" || p.Images[1].Width != 50 ||
		p.Variants[0].Image.Name != p.Images[0].Name || p.Variants[1].Image.Name != p.Images[1].Name {
		t.Fatalf("the pictures are %+v, and of the variants %+v and %+v", p.Images, p.Variants[0].Image, p.Variants[1].Image)
	}
	var unattached int
	if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM media_uploads WHERE attached_at IS NULL").Scan(&unattached); err != nil || unattached != 0 {
		t.Errorf("%d uploads of the product are not attached, %v: they would be deleted", unattached, err)
	}
	published := len(s.Published(t))
	result, refused = importFile(t, s, csvRows(rows...), how)
	if want := (product.FileResult{Unchanged: 1}); result != want || requests.Load() != 1 || len(s.Published(t)) != published {
		t.Errorf("the second result is %+v, %q after %d requests, want it unchanged after the one of the first", result, refused, requests.Load())
	}
	file := exported(t, s, productfile.CSV)
	if result, refused = importFile(t, s, productfile.Read(strings.NewReader(file), productfile.CSV), product.FileImport{}); result.Unchanged != 1 {
		t.Errorf("the exported file = %+v, %q, want the product unchanged", result, refused)
	}
}

func TestAProductWhosePictureCannotBeImportedIsRefusedAlone(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	how := product.FileImport{Pictures: pictures(t, s, fstest.MapFS{"page.png": {Data: []byte("<html>")}, "mug.png": {Data: pictureOf(t, 30, 30)}})}
	with := func(image string) string { return strings.Replace(mug, `"title"`, `"images":[`+image+`],"title"`, 1) }
	bowl := `{"slug":"bowl","title":"Bowl","category":"Kitchen","images":[{"path":"mug.png"}],"variants":[{"sku":"B-1","prices":{"USD":"8"}}]}`
	for image, want := range map[string]string{
		`{"path":"page.png"}`:                                            "page.png: Only pictures of the types",
		`{"path":"none.png"}`:                                            "none.png: The picture could not be read: there is no such file",
		`{"path":"../mug.png"}`:                                          "leads out of the folder",
		`{"url":"` + server.URL + `/red.png?key=secret"}`:                "/red.png: The picture could not be fetched: Not Found",
		`{"url":"ftp://x.test/a.png"}`:                                   "only http and https are fetched",
		`{"url":"mug.png"}`:                                              "a picture is given by its name, its address or the path of its file",
		`{"name":"a.svg","path":"mug.png"}`:                              "a name is expected",
		`{"name":"../a"}`:                                                "a name is expected",
		`{"path":"mug.png"},{"path":"./mug.png"}`:                        "is there twice",
		`{"path":"mug.png","alt":"` + strings.Repeat("x", 501) + `"}`:    "at most 500 characters",
		strings.Repeat(`{"name":"a"},`, 100) + `{"name":"b"}`:            "a product has at most 100",
		`{"path":"mug.png"},{"url":"http://u:secret@x.test/"}`:           "could not be fetched",
		`{"path":"` + strings.Repeat("x/", 1001) + `mug.png","alt":"x"}`: "is longer than 2000 bytes",
	} {
		result, refused := importFile(t, s, jsonLines(with(image), bowl), product.FileImport{Pictures: how.Pictures, DryRun: true})
		if result.Refused != 1 || len(refused) != 1 || !strings.Contains(refused[0], want) {
			t.Errorf("a dry run with %.100s = %+v, %q, want line 1 refused because %q", image, result, refused, want)
		}
		result, refused = importFile(t, s, jsonLines(with(image), bowl), how)
		if result.Refused != 1 || len(refused) != 1 || !strings.HasPrefix(refused[0], "line 1: ") || !strings.Contains(refused[0], want) || strings.Contains(refused[0], "secret") {
			t.Errorf("%.100s = %+v, %q, want line 1 refused because %q", image, result, refused, want)
		}
	}
	if p, err := s.Product(t.Context(), nil, new("tall-mug")); err != nil || p != nil {
		t.Errorf("the product without its picture is %+v, %v", p, err)
	}
	if p, err := s.Product(t.Context(), nil, new("bowl")); err != nil || p == nil || len(p.Images) != 1 {
		t.Errorf("the other product is %+v, %v", p, err)
	}
}

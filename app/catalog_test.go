package app

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cartograph/internal/embedded/s3"
	"cartograph/internal/pgtest"
	"cartograph/subgraphs/product/media"
)

func writePicture(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err == nil {
		err = errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 30, 20))), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// catalogueDatabases are those that the commands of the catalogue write to, empty.
func catalogueDatabases(t *testing.T) Config {
	t.Helper()
	cfg := Config{DataDir: t.TempDir()}
	for _, url := range []*string{&cfg.Product.DatabaseURL, &cfg.Inventory.DatabaseURL, &cfg.User.DatabaseURL} {
		*url = pgtest.URL(t, fstest.MapFS{})
	}
	cfg.Product.Media = media.Config{MaxBytes: 1 << 20, MaxPixels: 1_000_000, Workers: 1, UploadExpiry: time.Minute, FetchTimeout: time.Second, FetchConcurrent: 1}
	cfg.Product.Currencies, cfg.Product.MaxConcurrentSearches = []string{"USD", "EUR"}, 1
	if err := Migrate(t.Context(), cfg, slog.New(slog.DiscardHandler), []string{"product", "inventory", "user"}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestAShopWithoutTheDemoIsSeeded(t *testing.T) {
	t.Parallel()
	cfg := catalogueDatabases(t)
	for range 2 { // the second time it changes nothing
		if err := Seed(t.Context(), cfg, new(bytes.Buffer), 3); err != nil {
			t.Fatal(err)
		}
	}
	var out, messages bytes.Buffer
	if err := (&catalogueFiles{format: "jsonl"}).run(t.Context(), cfg, []string{"export"}, nil, &out, &messages); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d products were seeded, want 3:\n%s", n, out.String())
	}
}

func TestACatalogueIsImportedAndExportedByCommands(t *testing.T) {
	t.Parallel()
	cfg := catalogueDatabases(t)
	run := func(files catalogueFiles, in string, words ...string) (out, messages string, err error) {
		var stdout, stderr bytes.Buffer
		err = files.run(t.Context(), cfg, words, strings.NewReader(in), &stdout, &stderr)
		return stdout.String(), stderr.String(), err
	}
	for _, step := range []struct {
		files catalogueFiles
		file  string
		want  string
	}{
		{catalogueFiles{dryRun: true}, "../docs/catalogue-example.csv", "checked, and not imported: 2 created, 0 changed, 0 unchanged, 0 refused"},
		{catalogueFiles{}, "../docs/catalogue-example.csv", "imported: 2 created, 0 changed, 0 unchanged, 0 refused"},
		{catalogueFiles{}, "../docs/catalogue-example.jsonl", "imported: 0 created, 0 changed, 2 unchanged, 0 refused"},
	} {
		if _, messages, err := run(step.files, "", "import", step.file); err != nil || !strings.Contains(messages, step.want) {
			t.Errorf("import %s = %q, %v, want %q", step.file, messages, err, step.want)
		}
	}
	dir := t.TempDir()
	writePicture(t, filepath.Join(dir, "mug.png"))
	withPicture := filepath.Join(dir, "pictures.csv")
	if err := os.WriteFile(withPicture, []byte("slug,images\ntall-mug,mug.png | A mug\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, messages, err := run(catalogueFiles{}, "", "import", withPicture); err == nil || !strings.Contains(messages, "does not accept pictures") {
		t.Errorf("without an object store a picture = %q, %v, want it refused", messages, err)
	}
	store, err := s3.Start(s3.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	cfg.S3URL = store.URL()
	if _, messages, err := run(catalogueFiles{}, "", "import", withPicture); err != nil || !strings.Contains(messages, "1 changed") {
		t.Errorf("a picture of the folder = %q, %v, want it imported", messages, err)
	}
	if _, messages, err := run(catalogueFiles{format: "csv"}, "slug,images\ntall-mug,mug.png\n", "import", "-"); err == nil || !strings.Contains(messages, "no folder") {
		t.Errorf("a path on the standard input = %q, %v, want it refused", messages, err)
	}
	file := filepath.Join(dir, "all.jsonl")
	if _, messages, err := run(catalogueFiles{}, "", "export", file); err != nil || !strings.Contains(messages, "2 products") {
		t.Fatalf("export = %q, %v", messages, err)
	}
	exported, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(exported), `"sku":"TM-RED"`) || !strings.Contains(string(exported), `"stock":20`) {
		t.Errorf("the file is\n%s\n%v, want the products with their stock", exported, err)
	}
	if out, _, err := run(catalogueFiles{format: "jsonl"}, "", "export"); err != nil || out != string(exported) {
		t.Errorf("the export to the standard output is\n%s\n%v, want that of the file", out, err)
	}
	_, messages, err := run(catalogueFiles{format: "csv"}, "slug,title\nbread-knife,Bread & Butter Knife\nnew,New\n", "import", "-")
	if err == nil || err.Error() != "1 of 2 products were refused" || !strings.Contains(messages, "line 3: ") {
		t.Errorf("a file with an error = %q, %v, want its line refused", messages, err)
	}
	for _, words := range [][]string{{"import"}, {"import", "products.xls"}, {"delete", "x.csv"}, {}} {
		if _, _, err := run(catalogueFiles{}, "", words...); err == nil || !strings.HasPrefix(err.Error(), "catalog: ") {
			t.Errorf("catalog %v = %v, want it refused", words, err)
		}
	}
	if _, _, err := run(catalogueFiles{seller: "nobody@example.test"}, "", "import", file); err == nil || !strings.HasPrefix(err.Error(), "--seller: ") {
		t.Errorf("an unknown seller = %v, want it refused", err)
	}
}

package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"cartograph/internal/pgtest"
)

func TestACatalogueIsImportedAndExportedByCommands(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: t.TempDir()}
	for _, url := range []*string{&cfg.Product.DatabaseURL, &cfg.Inventory.DatabaseURL, &cfg.User.DatabaseURL} {
		*url = pgtest.URL(t, fstest.MapFS{})
	}
	cfg.Product.Currencies, cfg.Product.MaxConcurrentSearches = []string{"USD"}, 1
	if err := Migrate(t.Context(), cfg, slog.New(slog.DiscardHandler), []string{"product", "inventory", "user"}); err != nil {
		t.Fatal(err)
	}
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
	file := filepath.Join(t.TempDir(), "all.jsonl")
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

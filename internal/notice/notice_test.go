package main

import (
	"os"
	"strings"
	"testing"
)

// TestNoticeIsThatOfTheBuild fails when a module was added, removed or upgraded
// without `make notice`.
func TestNoticeIsThatOfTheBuild(t *testing.T) {
	t.Parallel()
	modules, err := linked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	if err := write(&want, modules); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	notice := string(content)
	for _, m := range modules {
		if line := "\n" + strings.TrimSpace(m.Path+" "+m.Version) + "\n"; !strings.Contains(notice, line) {
			t.Errorf("NOTICE lacks %s", strings.TrimSpace(line))
		}
	}
	if notice != want.String() {
		t.Error("NOTICE is not current; run make notice")
	}
	if len(modules) < 50 {
		t.Errorf("found %d modules, want those of the whole program", len(modules))
	}
}

func TestAModuleWithoutALicenceIsRefused(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := write(&out, []module{{Path: "example.com/unlicensed", Version: "v1.0.0"}})
	if err == nil || out.Len() > 0 {
		t.Errorf("%v and %q, want nothing written", err, out.String())
	}
}

func TestATextIsWrittenOnceForAllModulesThatHaveIt(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := write(&out, []module{
		{Path: "example.com/a", Version: "v1.0.0", Texts: []string{normalized("MIT \r\n\n"), "patents"}},
		{Path: "example.com/b", Version: "v2.0.0", Texts: []string{normalized("MIT\n")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, sections, _ := strings.Cut(out.String(), "example.com/a v1.0.0\nexample.com/b v2.0.0\n")
	if strings.Count(sections, "MIT") != 1 || !strings.Contains(sections, "\nexample.com/a\nexample.com/b\n\nMIT\n") || !strings.Contains(sections, "\nexample.com/a\n\npatents\n") {
		t.Errorf("%s", out.String())
	}
}

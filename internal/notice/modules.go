package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// program is what NOTICE is for.
const program = "cartograph/cmd/cartograph"

// A module is linked into the program, at least one package of it.
type module struct {
	Path, Version string
	Texts         []string // of its licences
}

// licenceFile matches the names of files that go with copies of a module.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.(txt|md))?$`)

// linked are the modules of the program's image, sorted by path, and before them the
// standard library. A package may have a licence of its own: files count from the
// folders of the linked packages up to that of the module.
func linked(ctx context.Context) ([]module, error) {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-tags=nodynamic", "-json=Dir,Module", program)
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOPROXY=off") // as the Dockerfile builds it
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[string]*module{}
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			Dir    string
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := packages.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if pkg.Module == nil || pkg.Module.Main {
			continue
		}
		m := found[pkg.Module.Path]
		if m == nil {
			m = &module{Path: pkg.Module.Path, Version: pkg.Module.Version}
			found[m.Path] = m
		}
		for dir := pkg.Dir; strings.HasPrefix(dir, pkg.Module.Dir); dir = filepath.Dir(dir) {
			if err := m.add(dir); err != nil {
				return nil, err
			}
		}
	}
	standard, err := standardLibrary(ctx)
	if err != nil {
		return nil, err
	}
	all := []module{standard}
	for _, m := range found {
		all = append(all, *m)
	}
	slices.SortFunc(all[1:], func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return all, nil
}

// standardLibrary has no version: that of the Go which builds the program.
func standardLibrary(ctx context.Context) (module, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return module{}, fmt.Errorf("go env GOROOT: %w", err)
	}
	m := module{Path: "The Go standard library"}
	return m, m.add(strings.TrimSpace(string(root)))
}

// add reads the licences in a folder.
func (m *module) add(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if text := normalized(string(content)); !slices.Contains(m.Texts, text) {
			m.Texts = append(m.Texts, text)
		}
	}
	return nil
}

// normalized has no space at the ends of lines, so that equal texts are one.
func normalized(text string) string {
	lines := strings.Split(text, "\n")
	for n := range lines {
		lines[n] = strings.TrimRight(lines[n], " \t\r\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

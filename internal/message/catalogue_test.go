package message_test

import (
	"go/constant"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"

	"cartograph/internal/message"
)

var parameter = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// parametersOf lists the parameters of a sentence, over all its plural forms.
func parametersOf(forms []string) []string {
	found := map[string]bool{}
	for _, form := range forms {
		for _, match := range parameter.FindAllStringSubmatch(form, -1) {
			found[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEveryLanguageHasEverySentenceWithTheSameParameters(t *testing.T) {
	t.Parallel()
	source := message.Read(message.Languages()[0])
	if len(source) == 0 {
		t.Fatal("the catalogue is empty")
	}
	for _, language := range message.Languages()[1:] {
		texts := message.Read(language)
		for key, forms := range source {
			if got, want := parametersOf(texts[key]), parametersOf(forms); texts[key] == nil {
				t.Errorf("%s lacks %s", language, key)
			} else if !slices.Equal(got, want) {
				t.Errorf("%s: %s has the parameters %v, want %v", language, key, got, want)
			}
		}
		for key := range texts {
			if source[key] == nil {
				t.Errorf("%s has %s, which the source language lacks", language, key)
			}
		}
	}
}

// The type checker finds every constant of type message.Key in the program,
// wherever it stands: in a call, a table or a named constant.
func TestCodeAndCatalogueHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	catalogue := message.Read(message.Languages()[0])
	used := map[message.Key]token.Position{}
	for _, p := range load(t, packages.NeedSyntax|packages.NeedTypes|packages.NeedTypesInfo, speakers(t)...) {
		for expression, known := range p.TypesInfo.Types {
			if known.Value != nil && known.Value.Kind() == constant.String && known.Type.String() == messagePath+".Key" {
				used[message.Key(constant.StringVal(known.Value))] = p.Fset.Position(expression.Pos())
			}
		}
	}
	delete(used, "") // no sentence
	for key, where := range used {
		if catalogue[key] == nil {
			t.Errorf("%s: no sentence %q in the catalogue", where, key)
		}
	}
	for key := range catalogue {
		if _, found := used[key]; !found {
			t.Errorf("%s is in the catalogue, and no code uses it", key)
		}
	}
}

const (
	messagePath = "cartograph/internal/message"
	faultPath   = "cartograph/internal/fault"
)

// speakers are the packages that can hold a key: those that import the
// catalogue, or faults, whose constructors take keys.
func speakers(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, p := range load(t, 0, "./...") {
		if p.Imports[messagePath] != nil || p.Imports[faultPath] != nil {
			paths = append(paths, p.PkgPath)
		}
	}
	return paths
}

func load(t *testing.T, more packages.LoadMode, patterns ...string) []*packages.Package {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports | more, Dir: "../.."}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range loaded {
		for _, problem := range p.Errors {
			t.Errorf("%s: %v", p.PkgPath, problem)
		}
	}
	return loaded
}

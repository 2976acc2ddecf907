// Package message holds every sentence that customers read, in each language
// of the shop.
//
// A sentence has a key, "cart.quantity_limit", and named parameters. Code
// passes keys around and renders them at the edge, where the reader's locale
// is known; what is stored (a timeline entry, a queued mail) stores key and
// parameters, so that it can be read in any language later. The catalogue
// folder holds one file per area and language. A test proves that each key
// used in code exists, that no key is unused, and that all languages have the
// same keys with the same parameters.
package message

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"cartograph/internal/locale"
)

// Key names a sentence: "<area>.<what>". Constants of this type are checked
// against the catalogue by a test, so a key is always written as a constant.
type Key string

// Args are a sentence's parameters by name. A value that implements Localizer
// is rendered for the reader; the parameter "count" selects the plural form.
type Args map[string]any

// Localizer is a value whose text depends on the reader: an amount, a date.
type Localizer interface {
	// InLocale renders the value for readers of a BCP 47 locale.
	InLocale(locale string) string
}

//go:embed catalogue/*.yaml
var files embed.FS

// The source language comes first: it is what readers of a language that the
// shop does not have get.
var languages = []language.Tag{language.English, language.German}

var (
	bundle  = load()
	matcher = language.NewMatcher(languages)
)

func load() *i18n.Bundle {
	b := i18n.NewBundle(languages[0])
	b.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	paths, err := fs.Glob(files, "catalogue/*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, path := range paths {
		if _, err := b.LoadMessageFileFS(files, path); err != nil {
			panic(fmt.Sprintf("message: %v", err)) // the files are compiled in, and read by every test
		}
	}
	return b
}

// Languages lists the base languages of the shop, the source first.
func Languages() []string {
	names := make([]string, len(languages))
	for i, tag := range languages {
		names[i] = tag.String()
	}
	return names
}

// Text is the sentence in the language of ctx.
func Text(ctx context.Context, key Key, args ...Args) string {
	return In(locale.From(ctx), key, args...)
}

// In is the sentence for readers of a BCP 47 locale. A key that the catalogue
// lacks is returned as it is, which no test lets pass.
func In(reader string, key Key, args ...Args) string {
	data := render(reader, args)
	config := &i18n.LocalizeConfig{MessageID: string(key), TemplateData: data}
	if count, counted := data["count"]; counted {
		config.PluralCount = count
	}
	text, err := localizers[Language(reader)].Localize(config)
	if err != nil && text == "" {
		return string(key)
	}
	return text
}

// localizers holds one per language: building one parses its tags.
var localizers = func() map[string]*i18n.Localizer {
	all := map[string]*i18n.Localizer{}
	for _, name := range Languages() {
		all[name] = i18n.NewLocalizer(bundle, name)
	}
	return all
}()

// Language is the shop's language for readers of a locale: "de" for "de-AT",
// "en" for one that the shop does not have.
func Language(reader string) string {
	tag, err := language.Parse(reader)
	if err != nil {
		return languages[0].String()
	}
	_, index, confidence := matcher.Match(tag)
	if confidence == language.No {
		index = 0
	}
	return languages[index].String()
}

func render(reader string, args []Args) map[string]any {
	data := map[string]any{}
	for _, set := range args {
		for name, value := range set {
			if l, ok := value.(Localizer); ok {
				value = l.InLocale(reader)
			}
			data[name] = value
		}
	}
	return data
}

// Keys lists the keys of the catalogue, sorted.
func Keys() []Key {
	var keys []Key
	for _, m := range read(languages[0].String()) {
		keys = append(keys, Key(m.ID))
	}
	slices.Sort(keys)
	return keys
}

// read returns the messages of one language as they stand in the catalogue.
func read(name string) []*i18n.Message {
	paths, _ := fs.Glob(files, "catalogue/*."+name+".yaml") // the pattern is well formed
	var all []*i18n.Message
	for _, path := range paths {
		content, err := files.ReadFile(path)
		if err != nil {
			panic(err) // the file is compiled in
		}
		parsed, err := i18n.ParseMessageFileBytes(content, path, map[string]i18n.UnmarshalFunc{"yaml": yaml.Unmarshal})
		if err != nil {
			panic(err)
		}
		all = append(all, parsed.Messages...)
	}
	return all
}

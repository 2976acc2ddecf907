package reference

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// chapter is one file of a guide.
type chapter struct {
	ID    string
	Title string
	Text  string // what a search covers
	HTML  template.HTML
}

// ordered is the prefix that orders the files of a guide.
var ordered = regexp.MustCompile(`^\d+-`)

// chaptersOf renders a guide's Markdown files in the order of their names. The
// first line of each is its title. HTML in them is left out.
func chaptersOf(guide fs.FS) ([]chapter, error) {
	if guide == nil {
		return nil, nil
	}
	names, err := fs.Glob(guide, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list the guide's chapters: %w", err)
	}
	markdown := goldmark.New(goldmark.WithExtensions(extension.Table))
	chapters := make([]chapter, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(guide, name)
		if err != nil {
			return nil, fmt.Errorf("read a chapter of the guide: %w", err)
		}
		title, body, _ := strings.Cut(string(text), "\n")
		title, ok := strings.CutPrefix(title, "# ")
		if !ok {
			return nil, fmt.Errorf("chapter %s of the guide does not start with its title", name)
		}
		var html bytes.Buffer
		if err := markdown.Convert([]byte(body), &html); err != nil {
			return nil, fmt.Errorf("render chapter %s of the guide: %w", name, err)
		}
		chapters = append(chapters, chapter{
			ID: ordered.ReplaceAllString(strings.TrimSuffix(path.Base(name), ".md"), ""), Title: title,
			Text: strings.Join(strings.Fields(body), " "),
			HTML: template.HTML(html.String()), //nolint:gosec // goldmark escapes text and omits HTML
		})
	}
	return chapters, nil
}

// renderGuide writes the guide's page.
func renderGuide(o Options) ([]byte, error) {
	chapters, err := chaptersOf(o.Guide)
	if err != nil {
		return nil, err
	}
	text, err := files.ReadFile("guide.gohtml")
	if err != nil {
		return nil, fmt.Errorf("read the embedded template: %w", err)
	}
	page, err := template.New("guide").Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("parse the embedded template: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, map[string]any{"Options": o, "Chapters": chapters}); err != nil {
		return nil, fmt.Errorf("write the guide: %w", err)
	}
	return out.Bytes(), nil
}

package reference

import (
	"bytes"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/playground"
	"cartograph/router/supergraph"
)

// render writes the page.
func render(sdl string, access map[supergraph.Coordinate]supergraph.Access, o Options) ([]byte, error) {
	b, err := newDocument(sdl, access, o)
	if err != nil {
		return nil, err
	}
	if o.Title == "" {
		o.Title = "Reference"
	}
	chapters, err := chaptersOf(o.Guide)
	if err != nil {
		return nil, err
	}
	source, err := files.ReadFile("page.gohtml")
	if err != nil {
		return nil, fmt.Errorf("read the embedded template: %w", err)
	}
	page, err := template.New("page").Funcs(template.FuncMap{
		"type": b.typeHTML, "prose": prose, "link": linkOf(o.Playground), "firstOf": firstOf, "title": title,
	}).Parse(string(source))
	if err != nil {
		return nil, fmt.Errorf("parse the embedded template: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, map[string]any{"Options": o, "Groups": b.Groups, "Chapters": chapters}); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

// typeHTML writes a type; its name is a link if the type is in the document.
func (b *document) typeHTML(t *ast.Type) template.HTML {
	before, after, _ := strings.Cut(t.String(), t.Name())
	name := template.HTMLEscapeString(t.Name())
	if b.known[t.Name()] {
		name = `<a href="#` + name + `">` + name + `</a>`
	}
	return template.HTML(template.HTMLEscapeString(before) + name + template.HTMLEscapeString(after)) //nolint:gosec // escaped above
}

// prose writes a description: paragraphs, and `code` between backticks.
func prose(text string) template.HTML {
	var out strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if strings.TrimSpace(paragraph) == "" {
			continue
		}
		out.WriteString("<p>")
		parts := strings.Split(paragraph, "`")
		for i, part := range parts {
			part = template.HTMLEscapeString(part)
			switch {
			case i%2 == 0:
				out.WriteString(part)
			case i == len(parts)-1: // a backtick without another
				out.WriteString("`" + part)
			default:
				out.WriteString("<code>" + part + "</code>")
			}
		}
		out.WriteString("</p>")
	}
	return template.HTML(out.String()) //nolint:gosec // escaped above
}

// linkOf makes links that open an example in the playground.
func linkOf(path string) func(playground.Operation) string {
	return func(op playground.Operation) string {
		if path == "" {
			return ""
		}
		values := url.Values{"query": {op.Query}}
		if op.VariablesJSON != "" {
			values.Set("variables", op.VariablesJSON)
		}
		return path + "#" + values.Encode()
	}
}

// title converts ProductPage to "Product page".
func title(name string) string {
	var out strings.Builder
	for i, letter := range name {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			out.WriteByte(' ')
			letter += 'a' - 'A'
		}
		out.WriteRune(letter)
	}
	return out.String()
}

// firstOf shortens a long list.
func firstOf(list []string) []string {
	const shown = 12
	return list[:min(len(list), shown)]
}

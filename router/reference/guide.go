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
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// chapter is one file of a guide.
type chapter struct {
	ID       string
	Title    string
	HTML     template.HTML
	Sections []section
}

// section is a part of a chapter that a search leads to: its introduction, or what
// follows a heading.
type section struct{ ID, Title, Text string }

// ordered is the prefix that orders the files of a guide.
var ordered = regexp.MustCompile(`^\d+-`)

// chaptersOf renders a guide's Markdown files in the order of their names. The
// first line of each is its title. HTML in them is left out, and links to other
// files of the guide become links within the page.
func chaptersOf(guide fs.FS) ([]chapter, error) {
	if guide == nil {
		return nil, nil
	}
	names, err := fs.Glob(guide, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list the guide's chapters: %w", err)
	}
	chapters := make([]chapter, 0, len(names))
	for _, name := range names {
		source, err := fs.ReadFile(guide, name)
		if err != nil {
			return nil, fmt.Errorf("read a chapter of the guide: %w", err)
		}
		c, err := chapterOf(guide, name, source)
		if err != nil {
			return nil, fmt.Errorf("render chapter %s of the guide: %w", name, err)
		}
		chapters = append(chapters, c)
	}
	return chapters, nil
}

func chapterOf(guide fs.FS, name string, source []byte) (chapter, error) {
	title, body, _ := bytes.Cut(source, []byte("\n"))
	title, ok := bytes.CutPrefix(title, []byte("# "))
	if !ok {
		return chapter{}, fmt.Errorf("it does not start with its title")
	}
	c := chapter{ID: chapterID(name), Title: string(title)}
	markdown := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	root := markdown.Parser().Parse(text.NewReader(body), parser.WithContext(parser.NewContext(parser.WithIDs(headings(c.ID)))))
	if err := linkWithin(guide, root); err != nil {
		return chapter{}, err
	}
	var html bytes.Buffer
	if err := markdown.Renderer().Render(&html, body, root); err != nil {
		return chapter{}, err
	}
	c.HTML = template.HTML(html.String()) //nolint:gosec // goldmark escapes text and omits HTML
	c.Sections = sectionsOf(c, body, root)
	return c, nil
}

func chapterID(name string) string {
	return ordered.ReplaceAllString(strings.TrimSuffix(path.Base(name), ".md"), "")
}

// headings generates the IDs of a chapter's headings: all chapters are in one page,
// so an ID begins with the chapter's.
type headings string

func (chapter headings) Generate(value []byte, _ ast.NodeKind) []byte {
	words := strings.FieldsFunc(strings.ToLower(string(value)), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return []byte(string(chapter) + "-" + strings.Join(words, "-"))
}

func (headings) Put([]byte) {}

// linkWithin rewrites links from a file of the guide to another.
func linkWithin(guide fs.FS, root ast.Node) error {
	return ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		link, ok := n.(*ast.Link)
		if !ok || !entering || path.Ext(string(link.Destination)) != ".md" {
			return ast.WalkContinue, nil
		}
		to := string(link.Destination)
		if _, err := fs.Stat(guide, to); err != nil {
			return ast.WalkStop, fmt.Errorf("it links to %s: %w", to, err)
		}
		link.Destination = []byte("#" + chapterID(to))
		return ast.WalkContinue, nil
	})
}

// sectionsOf divides a chapter at its headings. A block without lines of its own, such
// as a table, is covered by those in it.
func sectionsOf(c chapter, body []byte, root ast.Node) []section {
	sections := []section{{ID: c.ID, Title: c.Title}}
	var words strings.Builder
	end := func() {
		sections[len(sections)-1].Text = strings.Join(strings.Fields(words.String()), " ")
		words.Reset()
	}
	for block := root.FirstChild(); block != nil; block = block.NextSibling() {
		if heading, ok := block.(*ast.Heading); ok {
			end()
			id, _ := heading.AttributeString("id")
			named, _ := id.([]byte)
			sections = append(sections, section{ID: string(named), Title: string(linesOf(block, body))})
			continue
		}
		_ = ast.Walk(block, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if entering && n.Type() == ast.TypeBlock {
				words.Write(linesOf(n, body))
				words.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		})
	}
	end()
	return sections
}

func linesOf(n ast.Node, body []byte) []byte {
	return util.TrimRightSpace(n.Lines().Value(body))
}

// renderGuide writes the guide's page.
func renderGuide(o Options) ([]byte, error) {
	chapters, err := chaptersOf(o.Guide)
	if err != nil {
		return nil, err
	}
	source, err := files.ReadFile("guide.gohtml")
	if err != nil {
		return nil, fmt.Errorf("read the embedded template: %w", err)
	}
	page, err := template.New("guide").Parse(string(source))
	if err != nil {
		return nil, fmt.Errorf("parse the embedded template: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, map[string]any{"Options": o, "Chapters": chapters}); err != nil {
		return nil, fmt.Errorf("write the guide: %w", err)
	}
	return out.Bytes(), nil
}

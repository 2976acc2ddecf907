package mail

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed inbox.html
var inboxHTML string

// pages serves the store as HTML and JSON.
type pages struct {
	store *store
	inbox *template.Template
}

func newPages(s *store) http.Handler {
	p := &pages{store: s}
	p.inbox = template.Must(template.New("inbox").Funcs(template.FuncMap{
		"when":    when,
		"stamp":   func(t time.Time) string { return t.Format(time.RFC3339) },
		"person":  person,
		"initial": initial,
		"tint":    tint,
		"links":   links,
		"size":    size,
	}).Parse(inboxHTML))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.list)
	mux.HandleFunc("GET /inbox.json", p.json)
	mux.HandleFunc("GET /mail/{id}", p.mail)
	mux.HandleFunc("GET /mail/{id}/html", p.html)
	mux.HandleFunc("GET /mail/{id}/source", p.source)
	return mux
}

// view is the data of the page's template.
type view struct {
	Root   string // path from this page to the inbox
	To     string
	Mails  []Mail
	Shown  *Mail
	Newest string
	Nonce  string
	Now    time.Time
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) { p.show(w, r, "./", nil) }

func (p *pages) mail(w http.ResponseWriter, r *http.Request) {
	m, _, err := p.store.read(r.PathValue("id"))
	if err != nil {
		refuse(w, r, err)
		return
	}
	p.show(w, r, "../", &m)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, root string, shown *Mail) {
	v := view{Root: root, To: r.FormValue("to"), Shown: shown, Nonce: rand.Text(), Now: time.Now().UTC()}
	v.Mails = p.store.summaries(v.To, 0)
	if len(v.Mails) > 0 {
		v.Newest = v.Mails[0].ID
	}
	var page bytes.Buffer
	if err := p.inbox.Execute(&page, v); err != nil {
		refuse(w, r, err)
		return
	}
	protect(w, fmt.Sprintf("default-src 'none'; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s'; connect-src 'self'; "+
		"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", v.Nonce))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes())
}

// html is a mail's HTML part, for the frame. Its policy forbids scripts and loading,
// except of pictures of the shop; links open in a new window. It is of the page's origin,
// so that the page can read its height: without scripts it cannot use that.
func (p *pages) html(w http.ResponseWriter, r *http.Request) {
	m, _, err := p.store.read(r.PathValue("id"))
	if err != nil {
		refuse(w, r, err)
		return
	}
	protect(w, "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "+
		"style-src 'unsafe-inline'; img-src data: 'self'; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(withBase(m.HTML)))
}

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// withBase makes links open in a new window.
func withBase(html string) string {
	const base = `<base target="_blank">`
	if at := headTag.FindStringIndex(html); at != nil {
		return html[:at[1]] + base + html[at[1]:]
	}
	return base + html
}

// source is the mail as it was sent.
func (p *pages) source(w http.ResponseWriter, r *http.Request) {
	_, raw, err := p.store.read(r.PathValue("id"))
	if err != nil {
		refuse(w, r, err)
		return
	}
	protect(w, "sandbox; default-src 'none'")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(raw)
}

// json lists mails: ?to= filters by address, ?limit= is 50 by default.
func (p *pages) json(w http.ResponseWriter, r *http.Request) {
	limit := 50
	if s := r.FormValue("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			http.Error(w, "limit must be a positive number", http.StatusBadRequest)
			return
		}
		limit = n
	}
	mails, err := p.store.list(r.FormValue("to"), limit)
	if err != nil {
		refuse(w, r, err)
		return
	}
	protect(w, "default-src 'none'")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(mails) // an error means that the client has disconnected
}

func protect(w http.ResponseWriter, policy string) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errUnknown) {
		http.NotFound(w, r)
		return
	}
	http.Error(w, "The mail cannot be read: "+err.Error(), http.StatusInternalServerError)
}

// when is a time as a list shows it: the hour today, else the day.
func when(t, now time.Time) string {
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	default:
		return t.Format("2 Jan 2006")
	}
}

// person is the name in an address, or the address if it has none.
func person(address string) string {
	name, _, found := strings.Cut(address, "<")
	if name = strings.Trim(strings.TrimSpace(name), `"`); found && name != "" {
		return name
	}
	return strings.Trim(address, "<> ")
}

func initial(address string) string {
	for _, letter := range person(address) {
		return strings.ToUpper(string(letter))
	}
	return "?"
}

// tint is one of the page's colours for an address, by its hash.
func tint(address string) uint32 {
	const colours = 6
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(person(address))))
	return h.Sum32() % colours
}

func size(bytes int) string {
	if bytes < 1<<10 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}

// piece is a stretch of text, or a link.
type piece struct {
	Text string
	Link bool
}

var linkForm = regexp.MustCompile(`https?://[^\s<>"']*[^\s<>"'.,;:!?)\]]`)

// links splits a text so that the page can make its addresses clickable.
func links(text string) []piece {
	var pieces []piece
	begin := 0
	for _, at := range linkForm.FindAllStringIndex(text, -1) {
		pieces = append(pieces, piece{Text: text[begin:at[0]]}, piece{Text: text[at[0]:at[1]], Link: true})
		begin = at[1]
	}
	return append(pieces, piece{Text: text[begin:]})
}

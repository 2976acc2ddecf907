package mail

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// Mail is a mail as it was received.
type Mail struct {
	ID          string       `json:"id"`
	From        string       `json:"from"`
	To          []string     `json:"to"` // the addresses it was delivered to
	Subject     string       `json:"subject"`
	MessageID   string       `json:"messageId"`
	Date        time.Time    `json:"date"` // of the header, else ReceivedAt
	ReceivedAt  time.Time    `json:"receivedAt"`
	Text        string       `json:"text"`
	HTML        string       `json:"html"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Headers     []Header     `json:"-"`

	ShownTo string `json:"-"` // the To header, decoded
	Snippet string `json:"-"` // the first words of the text
}

// Attachment is a file that came with a mail; its content is in the source.
type Attachment struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int    `json:"bytes"`
}

// Header is a line of a mail's head.
type Header struct{ Name, Value string }

// summary is what lists show.
func (m Mail) summary() Mail {
	m.Text, m.HTML, m.Headers, m.Attachments = "", "", nil, nil
	return m
}

// isTo reports whether the mail was sent to the address, or, without an @, to
// an address that contains it.
func (m Mail) isTo(address string) bool {
	address = strings.ToLower(strings.TrimSpace(address))
	if address == "" {
		return true
	}
	for _, to := range m.To {
		to = strings.ToLower(to)
		if to == address || !strings.Contains(address, "@") && strings.Contains(to, address) {
			return true
		}
	}
	return false
}

// Limits for nested parts; a hostile mail nests without end.
const (
	maxDepth = 8
	maxParts = 100
)

// parse reads as much of a mail as it can; broken mails are shown too.
func parse(env envelope, raw []byte) Mail {
	m := Mail{From: env.From, To: env.To, Date: env.ReceivedAt, ReceivedAt: env.ReceivedAt, Headers: headers(raw)}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Text = toUTF8(raw, "")
		m.Snippet = snippet(m.Text)
		return m
	}
	m.Subject = decode(msg.Header.Get("Subject"))
	m.From = cmp.Or(decode(msg.Header.Get("From")), env.From)
	m.ShownTo = cmp.Or(decode(msg.Header.Get("To")), strings.Join(env.To, ", "))
	m.MessageID = strings.Trim(strings.TrimSpace(msg.Header.Get("Message-Id")), "<>")
	if date, err := msg.Header.Date(); err == nil {
		m.Date = date.UTC()
	}
	parts := maxParts
	m.collect(textproto.MIMEHeader(msg.Header), msg.Body, maxDepth, &parts)
	m.Snippet = snippet(m.Text)
	return m
}

// collect adds the content of a part: the first text, the first HTML, files.
func (m *Mail) collect(h textproto.MIMEHeader, body io.Reader, depth int, parts *int) {
	if *parts--; *parts < 0 {
		return
	}
	kind, params, err := mime.ParseMediaType(cmp.Or(h.Get("Content-Type"), "text/plain"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	if strings.HasPrefix(kind, "multipart/") && depth > 0 && params["boundary"] != "" {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			part, err := r.NextRawPart()
			if err != nil {
				return // the end, or a broken rest
			}
			m.collect(part.Header, part, depth-1, parts)
		}
	}
	content, _ := io.ReadAll(transfer(h.Get("Content-Transfer-Encoding"), body)) // up to the first error
	disposition, file, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	switch {
	case disposition != "attachment" && kind == "text/plain" && m.Text == "":
		m.Text = strings.ReplaceAll(toUTF8(content, params["charset"]), "\r\n", "\n")
	case disposition != "attachment" && kind == "text/html" && m.HTML == "":
		m.HTML = toUTF8(content, params["charset"])
	default:
		name := cmp.Or(decode(file["filename"]), decode(params["name"]), "unnamed")
		m.Attachments = append(m.Attachments, Attachment{Name: name, Type: kind, Bytes: len(content)})
	}
}

func transfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	default:
		return r
	}
}

// toUTF8 converts text from a character set, replacing invalid bytes.
func toUTF8(b []byte, charset string) string {
	if enc, err := htmlindex.Get(charset); err == nil {
		if decoded, err := enc.NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	return strings.ToValidUTF8(string(b), string(utf8.RuneError))
}

// decode returns a header's value with its encoded words read.
func decode(value string) string {
	words := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return enc.NewDecoder().Reader(r), nil
	}}
	decoded, err := words.DecodeHeader(value)
	if err != nil {
		decoded = value
	}
	return strings.ToValidUTF8(decoded, string(utf8.RuneError))
}

// headers returns the head's lines in their order, folded ones joined.
func headers(raw []byte) []Header {
	var list []Header
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if folded := line[0] == ' ' || line[0] == '\t'; folded {
			if len(list) > 0 {
				list[len(list)-1].Value += " " + strings.TrimSpace(line)
			}
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			list = append(list, Header{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	for i := range list {
		list[i].Value = decode(list[i].Value)
	}
	return list
}

// snippet returns the first words of a text.
func snippet(text string) string {
	const most = 140 // letters
	words := strings.Join(strings.Fields(text), " ")
	if letters := []rune(words); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return words
}

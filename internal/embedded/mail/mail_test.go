package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"

	"cartograph/internal/embedded/mail"
)

func start(t *testing.T, dir string) (*mail.Server, string) {
	t.Helper()
	s, err := mail.Start(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	web := httptest.NewServer(http.StripPrefix("/dev/mail", s.Handler()))
	t.Cleanup(web.Close)
	return s, web.URL + "/dev/mail/"
}

// send passes a mail on as it is.
func send(t *testing.T, s *mail.Server, to, raw string) {
	t.Helper()
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	if err := smtp.SendMail(s.Addr(), nil, "shop@cartograph.test", []string{to}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

// compose sends a mail as the shop does: with a text and an HTML part.
func compose(t *testing.T, s *mail.Server, change func(*gomail.Msg)) {
	t.Helper()
	m := gomail.NewMsg()
	for _, err := range []error{m.FromFormat("Cartograph", "shop@cartograph.test"), m.To("ada@example.com")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	m.Subject("Your order № 1001 – grüße")
	m.SetMessageIDWithValue("order-1001@cartograph.test")
	m.SetDateWithValue(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	m.SetBodyString(gomail.TypeTextPlain, "Thank you, Ada. Zażółć gęślą jaźń.\nSee https://shop.test/o/1001?a=1&b=2.")
	m.AddAlternativeString(gomail.TypeTextHTML, "<h1>Thank you, Ada</h1><p>Zażółć gęślą jaźń</p>")
	if change != nil {
		change(m)
	}
	host, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	c, err := gomail.NewClient(host, gomail.WithPort(n), gomail.WithTLSPolicy(gomail.NoTLS))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DialAndSendWithContext(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func inbox(t *testing.T, web, query string) []mail.Mail {
	t.Helper()
	status, _, body := get(t, web+"inbox.json?"+query)
	if status != http.StatusOK {
		t.Fatalf("inbox.json answers %d: %s", status, body)
	}
	var mails []mail.Mail
	if err := json.Unmarshal([]byte(body), &mails); err != nil {
		t.Fatal(err)
	}
	return mails
}

func TestMailArrivesWhole(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	compose(t, s, func(m *gomail.Msg) {
		if err := m.AttachReader("invoice.pdf", strings.NewReader("%PDF-1.7")); err != nil {
			t.Fatal(err)
		}
	})
	mails := inbox(t, web, "to=ada@example.com")
	if len(mails) != 1 {
		t.Fatalf("%d mails, want 1", len(mails))
	}
	got := mails[0]
	if time.Since(got.ReceivedAt) > time.Minute {
		t.Errorf("received %s", got.ReceivedAt)
	}
	got.ReceivedAt = time.Time{}
	want := mail.Mail{
		ID: "00000001", From: `"Cartograph" <shop@cartograph.test>`, To: []string{"ada@example.com"},
		Subject: "Your order № 1001 – grüße", MessageID: "order-1001@cartograph.test",
		Date:        time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC),
		Text:        "Thank you, Ada. Zażółć gęślą jaźń.\nSee https://shop.test/o/1001?a=1&b=2.",
		HTML:        "<h1>Thank you, Ada</h1><p>Zażółć gęślą jaźń</p>",
		Attachments: []mail.Attachment{{Name: "invoice.pdf", Type: "application/pdf", Bytes: 8}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
}

func TestSameMessageIDIsKeptOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, web := start(t, dir)
	for range 3 {
		compose(t, s, nil)
	}
	send(t, s, "ada@example.com", "Subject: no id\n\none")
	send(t, s, "ada@example.com", "Subject: no id\n\ntwo")
	if n := len(inbox(t, web, "")); n != 3 {
		t.Errorf("%d mails, want 3: one sent thrice and two without an id", n)
	}
	s.Close()
	s, web = start(t, dir)
	compose(t, s, nil)
	if n := len(inbox(t, web, "")); n != 3 {
		t.Errorf("%d mails after a restart and a fourth copy, want 3", n)
	}
}

func TestNewestComesFirstAndOnlyTheRecipients(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	for i, to := range []string{"ada@example.com", "Ada@Example.com", "grada@example.com"} {
		send(t, s, to, fmt.Sprintf("Subject: mail %d\n\ntext", i))
	}
	for query, want := range map[string][]string{
		"":                       {"mail 2", "mail 1", "mail 0"},
		"limit=2":                {"mail 2", "mail 1"},
		"to=ada@example.com":     {"mail 1", "mail 0"},
		"to=ADA@example.com":     {"mail 1", "mail 0"},
		"to=ada":                 {"mail 2", "mail 1", "mail 0"},
		"to=nobody@example.com":  {},
		"to=grada&limit=1":       {"mail 2"},
		"to=ada@example.com.org": {},
	} {
		got := []string{}
		for _, m := range inbox(t, web, query) {
			got = append(got, m.Subject)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	for _, bad := range []string{"0", "-1", "x"} {
		if status, _, _ := get(t, web+"inbox.json?limit="+bad); status != http.StatusBadRequest {
			t.Errorf("limit=%s answers %d, want 400", bad, status)
		}
	}
}

func TestRestartKeepsMailsAndNumbers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, web := start(t, dir)
	compose(t, s, nil)
	before := inbox(t, web, "")
	s.Close()
	if err := os.WriteFile(dir+"/00000000.eml", []byte("not one of ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, web = start(t, dir)
	if diff := cmp.Diff(before, inbox(t, web, "")); diff != "" {
		t.Errorf("mails after a restart (-before +after):\n%s", diff)
	}
	send(t, s, "ada@example.com", "Subject: next\n\ntext")
	if id := inbox(t, web, "")[0].ID; id != "00000002" {
		t.Errorf("the next mail is %s, want 00000002", id)
	}
}

func TestTheOldestMailsArePruned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, web := start(t, dir)
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for i := range mail.Kept + 5 {
		deliver(t, c, fmt.Sprintf("Subject: %d\r\n\r\ntext", i))
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	mails := inbox(t, web, "limit=10000")
	if len(mails) != mail.Kept || mails[len(mails)-1].Subject != "5" {
		t.Errorf("%d mails, the oldest is %q; want %d from 5", len(mails), mails[len(mails)-1].Subject, mail.Kept)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != mail.Kept {
		t.Errorf("%d files, %v; want %d", len(files), err, mail.Kept)
	}
}

func deliver(t *testing.T, c *smtp.Client, raw string) {
	t.Helper()
	if err := c.Mail("shop@cartograph.test"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("ada@example.com"); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	raw := "Subject: large\r\n\r\n" + strings.Repeat(strings.Repeat("x", 78)+"\r\n", mail.MaxBytes/80+1)
	err := smtp.SendMail(s.Addr(), nil, "shop@cartograph.test", []string{"ada@example.com"}, []byte(raw))
	if err == nil || !strings.Contains(err.Error(), "552") {
		t.Errorf("a mail of %d bytes: %v, want 552", len(raw), err)
	}
	if n := len(inbox(t, web, "")); n != 0 {
		t.Errorf("%d mails, want 0", n)
	}
}

func TestBrokenMailsAreShown(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	nested := strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 50) + "\ntext\n"
	for name, tc := range map[string]struct{ raw, text string }{
		"no head":            {"\nonly text", "only text"},
		"a broken head":      {"Hello there\nno colon here\n\ntext", ""},
		"unknown charset":    {"Subject: =?klingon?q?x?=\nContent-Type: text/plain; charset=klingon\n\ntext", "text"},
		"latin-1":            {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ngr=FC=DFe", "grüße"},
		"broken base64":      {"Content-Transfer-Encoding: base64\n\nSGVsbG8=!!", "Hello"},
		"no end of parts":    {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext", "text"},
		"no boundary":        {"Content-Type: multipart/mixed\n\ntext", ""},
		"parts without end":  {nested, ""},
		"broken media type":  {"Content-Type: ;;;\n\ntext", "text"},
		"broken utf-8":       {"Subject: \xff\xfe\n\n\xff", "\uFFFD"},
		"broken date":        {"Date: yesterday\n\ntext", "text"},
		"HTML alone":         {"Content-Type: text/html\n\n<p>Hello", ""},
		"nothing whatsoever": {"\n", ""},
	} {
		to := strings.ReplaceAll(name, " ", "-") + "@example.com"
		send(t, s, to, tc.raw)
		mails := inbox(t, web, "to="+to)
		if len(mails) != 1 {
			t.Errorf("%s: %d mails, want 1", name, len(mails))
			continue
		}
		if tc.text != "" && strings.TrimSpace(mails[0].Text) != tc.text {
			t.Errorf("%s: text %q, want %q", name, mails[0].Text, tc.text)
		}
		if status, _, _ := get(t, web+"mail/"+mails[0].ID); status != http.StatusOK {
			t.Errorf("%s: its page answers %d", name, status)
		}
	}
}

func TestConcurrentSendersAreServed(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { send(t, s, "ada@example.com", fmt.Sprintf("Message-ID: <%d@x>\n\ntext", i/2)) })
	}
	wg.Wait()
	if n := len(inbox(t, web, "")); n != 10 {
		t.Errorf("%d mails, want 10, each sent twice", n)
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	first, _ := start(t, t.TempDir())
	if s, err := mail.Start(t.TempDir(), first.Addr(), nil); err == nil {
		s.Close()
		t.Error("two catchers have one address")
	}
}

func TestNoMailIsAcceptedAfterClose(t *testing.T) {
	t.Parallel()
	s, _ := start(t, t.TempDir())
	s.Close()
	var d net.Dialer
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if conn, err := d.DialContext(ctx, "tcp", s.Addr()); err == nil {
		_ = conn.Close()
		t.Error("the catcher still listens")
	}
}

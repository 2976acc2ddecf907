package mail_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const hostile = `From: "<script>alert(1)</script>" <evil@example.com>
To: "<img src=x onerror=alert(2)>" <ada@example.com>
Subject: </title><script>alert(3)</script>
X-Evil: <script>alert(4)</script>
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

<script>alert(5)</script> https://shop.test/?q="><script>alert(6)</script>
--b
Content-Type: text/html

<html><head><title>x</title></head><body><script>alert(7)</script><a href="https://shop.test/verify">verify</a></body></html>
--b
Content-Disposition: attachment; filename="<script>alert(8)</script>.txt"

x
--b--
`

func TestMailContentIsNotTrusted(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	send(t, s, "ada@example.com", hostile)
	for _, page := range []string{"", "?to=%3Cscript%3Ealert(9)%3C/script%3Eada", "mail/00000001"} {
		status, head, body := get(t, web+page)
		if status != http.StatusOK {
			t.Errorf("%s answers %d", page, status)
		}
		for _, bad := range []string{"<script>alert", "<img src=x"} {
			if strings.Contains(body, bad) {
				t.Errorf("%q shows %s as it came", page, bad)
			}
		}
		if csp := head.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%q has the policy %q", page, csp)
		}
		if strings.Contains(body, "ZgotmplZ") {
			t.Errorf("%q has a value in a place where it must not be", page)
		}
	}
	_, head, body := get(t, web+"mail/00000001/html")
	if csp := head.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox ") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "script-src") {
		t.Errorf("the HTML part has the policy %q", csp)
	}
	if !strings.Contains(body, `<head><base target="_blank">`) {
		t.Errorf("links do not open in a window of their own: %s", body)
	}
	_, head, body = get(t, web+"mail/00000001/source")
	if head.Get("Content-Type") != "text/plain; charset=utf-8" || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the source is served as %q", head.Get("Content-Type"))
	}
	if want := strings.ReplaceAll(hostile, "\n", "\r\n"); body != want {
		t.Errorf("source (-want +got):\n%s", cmp.Diff(want, body))
	}
}

func TestPagesShowTheMail(t *testing.T) {
	t.Parallel()
	s, web := start(t, t.TempDir())
	if _, _, body := get(t, web); !strings.Contains(body, "Nothing here yet") {
		t.Error("an empty inbox has no notice")
	}
	compose(t, s, nil)
	_, _, list := get(t, web)
	for _, want := range []string{`href="./mail/00000001"`, "Your order № 1001 – grüße", "Thank you, Ada."} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %s", want)
		}
	}
	_, _, page := get(t, web+"mail/00000001")
	for _, want := range []string{
		`src="../mail/00000001/html" sandbox="allow-same-origin allow-popups`, "Monday, 4 May 2026, 03:02:01 UTC", "Zażółć gęślą jaźń",
		`<a href="https://shop.test/o/1001?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">`, "<dt>Message-ID</dt>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the mail's page lacks %s", want)
		}
	}
	for _, path := range []string{"mail/00000009", "mail/..%2f..%2fetc%2fpasswd", "mail/x/html", "mail/00000009/source", "nothing"} {
		if status, _, _ := get(t, web+path); status != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", path, status)
		}
	}
}

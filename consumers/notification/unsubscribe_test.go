package notification_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
)

// unsubscribeLink is the target of the header of the last mail about a subject; empty
// without one.
func (f fixture) unsubscribeLink(t *testing.T, subject string) string {
	t.Helper()
	f.mail.mu.Lock()
	defer f.mail.mu.Unlock()
	for i, m := range f.mail.mails {
		if !strings.Contains(m.Header.Get("Message-Id"), "."+subject) {
			continue
		}
		link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
		if post := m.Header.Get("List-Unsubscribe-Post"); (link != "") != (post == "List-Unsubscribe=One-Click") {
			t.Errorf("List-Unsubscribe %q with List-Unsubscribe-Post %q", link, post)
		}
		if body := strings.ReplaceAll(f.mail.bodies[i], "=\r\n", ""); strings.Contains(body, "/unsubscribe?token") != (link != "") {
			t.Errorf("header %q, and the body is\n%s", link, body)
		}
		return link
	}
	t.Fatalf("there is no mail about %s", subject)
	return ""
}

// call sends a request to the page, as a browser or a mailbox does.
func (f fixture) call(t *testing.T, method, link, body string) *httptest.ResponseRecorder {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, u.RequestURI(), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	return w
}

const oneClick = "List-Unsubscribe=One-Click"

func TestMailsWithAChoiceHaveALinkThatEndsThem(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, backInStock("alr_1"))
	f.mustHandle(t, alertOf("alr_2"))
	f.mustHandle(t, confirmedOf(adaID))
	f.mustHandle(t, signInsFailed())
	f.mustSend(t)
	for _, subject := range []string{"alr_1", "alr_2"} {
		if link := f.unsubscribeLink(t, subject); !strings.HasPrefix(link, "https://shop.example/unsubscribe?token=") || strings.Contains(link, "ada") {
			t.Errorf("the link of %s is %q", subject, link)
		}
	}
	for _, subject := range []string{"ord_1", "usr_ada"} {
		if link := f.unsubscribeLink(t, subject); link != "" {
			t.Errorf("the mail about %s can be ended: %q", subject, link)
		}
	}
}

// Scanners follow every link of a mail.
func TestOnlyAPostEndsMails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, backInStock("alr_1"))
	f.mustSend(t)
	link := f.unsubscribeLink(t, "alr_1")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := f.call(t, method, link, "")
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s answers %d", method, w.Code)
		}
	}
	if body := f.call(t, http.MethodGet, link, "").Body.String(); !strings.Contains(body, `<form method="post"`) || strings.Contains(body, "<script") {
		t.Errorf("the page is\n%s", body)
	}
	f.mustHandle(t, backInStock("alr_2"))
	f.mustSend(t)
	f.wantStates(t, "alr_2", "BACK_IN_STOCK SENT 1")
	for range 2 { // a mailbox may repeat it
		if w := f.call(t, http.MethodPost, link, oneClick); w.Code != http.StatusOK {
			t.Errorf("POST answers %d", w.Code)
		}
	}
	f.mustHandle(t, backInStock("alr_3"))
	other := backInStock("alr_4")
	other.Email = "ADA@Example.com" // the same mailbox
	f.mustHandle(t, other)
	another := backInStock("alr_5")
	another.Email = "eve@example.com"
	f.mustHandle(t, another)
	dropped := backInStock("alr_6")
	dropped.Kind, dropped.WasMinor = "PRICE_DROP", 2999
	f.mustHandle(t, dropped)
	f.mustSend(t)
	f.wantStates(t, "alr_3", "BACK_IN_STOCK DROPPED 1")
	f.wantStates(t, "alr_4", "BACK_IN_STOCK DROPPED 1")
	f.wantStates(t, "alr_5", "BACK_IN_STOCK SENT 1")
	f.wantStates(t, "alr_6", "PRICE_DROPPED SENT 1") // another topic
	f.call(t, http.MethodPost, link, "action=resubscribe")
	f.mustHandle(t, backInStock("alr_7"))
	f.mustSend(t)
	f.wantStates(t, "alr_7", "BACK_IN_STOCK SENT 1")
	var addresses int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM unsubscribes u WHERE u::text LIKE '%ada%' OR u::text LIKE '%example%'").Scan(&addresses); err != nil || addresses != 0 {
		t.Errorf("%d rows contain an address, %v", addresses, err)
	}
}

func TestTheLinkOfAnAccountEndsItsPreference(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, alertOf("alr_1"))
	f.mustSend(t)
	if w := f.call(t, http.MethodPost, f.unsubscribeLink(t, "alr_1"), oneClick); w.Code != http.StatusOK {
		t.Errorf("POST answers %d", w.Code)
	}
	want := []event.NotificationUnsubscribed{{UserID: adaID, About: "STOCK_ALERT", Channel: "EMAIL"}}
	if diff := cmp.Diff(want, eventsOf[event.NotificationUnsubscribed](t, f)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestALinkThatWasTamperedWithEndsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, backInStock("alr_1"))
	f.mustSend(t)
	link := f.unsubscribeLink(t, "alr_1")
	token := regexp.MustCompile(`token=(.*)$`).FindStringSubmatch(link)[1]
	stranger := newFixture(t)
	stranger.mustHandle(t, backInStock("alr_1"))
	stranger.mustSend(t)
	for name, bad := range map[string]string{
		"none": "/unsubscribe", "empty": "/unsubscribe?token=", "text": "/unsubscribe?token=%00", "long": "/unsubscribe?token=" + strings.Repeat("A", 5000),
		"changed": "/unsubscribe?token=" + token[:3] + "x" + token[4:], "cut": "/unsubscribe?token=" + token[:len(token)-2], "another shop's": stranger.unsubscribeLink(t, "alr_1"),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if w := f.call(t, method, bad, oneClick); w.Code != http.StatusNotFound {
				t.Errorf("%s %s answers %d", method, name, w.Code)
			}
		}
	}
	var n int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM unsubscribes").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d subscriptions ended, %v", n, err)
	}
}

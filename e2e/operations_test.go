package e2e

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cartograph/app"
)

// fetch is a request without credentials.
func fetch(t *testing.T, address, authorization string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(read)
}

func TestOutsideADemoOnlyOperatorsReachMailsMetricsAndReasons(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *app.Config) { c.Demo = false })
	shop := strings.TrimSuffix(s.GraphQL, "/graphql")
	if status, _, body := fetch(t, shop+"/inbox/inbox.json", ""); status == http.StatusOK && strings.HasPrefix(body, "[") {
		t.Errorf("the router shows the mails of all customers: %s", body)
	}
	if status, _, body := fetch(t, s.Inbox+"inbox.json", ""); status != http.StatusOK || !strings.HasPrefix(s.Inbox, s.Operations) {
		t.Errorf("operators read the inbox at %s: %d %s", s.Inbox, status, body)
	}
	for role, address := range s.Roles {
		_, header, body := fetch(t, address+"/metrics", "")
		if strings.Contains(body, "cartograph_") && strings.Contains(body, "# HELP") {
			t.Errorf("%s has its metrics for everyone", role)
		}
		if got := header.Values("X-Content-Type-Options"); len(got) != 1 || got[0] != "nosniff" {
			t.Errorf("%s answers with X-Content-Type-Options %q, want nosniff once", role, got)
		}
		if _, _, body := fetch(t, address+"/readyz", ""); body != "ok\n" {
			t.Errorf("/readyz of %s is %q, want ok and no details", role, body)
		}
	}
	if _, _, body := fetch(t, s.Operations+"/metrics", ""); !strings.Contains(body, "\ncartograph_database_connections{") {
		t.Error("operators have no metrics")
	}
	if status, _, body := fetch(t, s.Operations+"/readyz", ""); status != http.StatusOK || !strings.Contains(body, "\norder: ok\n") {
		t.Errorf("operators read %d %q, want a line for each role", status, body)
	}
	if u, err := url.Parse(s.Operations); err != nil || u.Hostname() != "127.0.0.1" {
		t.Errorf("the operations listener is %s, want it on loopback", s.Operations)
	}
	for _, key := range []string{"", "Bearer ", "Bearer sk_test_cartograph"} {
		if status, _, body := fetch(t, s.Roles["gatewaysim"]+"/v1/payments", key); status != http.StatusUnauthorized {
			t.Errorf("the simulator answers %q with %d %s, want 401", key, status, body)
		}
	}
}

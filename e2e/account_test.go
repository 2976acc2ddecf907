package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"cartograph/internal/polltest"
)

// received is a mail in the inbox.
type received struct {
	Subject, Text, HTML string
	To                  []string
}

// mail waits for a mail whose subject has the words.
func (s *system) mail(t testing.TB, words string) (found received) {
	t.Helper()
	polltest.Eventually(t, "a mail about "+words+" in the inbox", func() bool {
		var mails []received
		if err := json.Unmarshal([]byte(get(t, s.Inbox+"inbox.json")), &mails); err != nil {
			t.Fatal(err)
		}
		for _, m := range mails {
			if strings.Contains(m.Subject, words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// code is that of a mail of a shop without pages.
func (m received) code(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`in the shop:\s+(\S+)`).FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no code in %s", m.Text)
	}
	return found[1]
}

func TestAnAddressIsVerifiedAndAPasswordReplacedByMail(t *testing.T) {
	t.Parallel()
	s := start(t)
	const register = `mutation($input: UserRegisterInput!) { userRegister(input: $input) { session { accessToken } userErrors { code message } } }`
	c := s.anyone()
	c.token = c.do(t, register, vars{"input": vars{
		"email": "mary@example.test", "password": "teapots in the rain", "displayName": "Mary", "locale": "en-GB",
	}}).str("userRegister.session.accessToken")
	c.do(t, `mutation($token: String!) { emailVerify(token: $token) { user { id } userErrors { code } } }`,
		vars{"token": s.mail(t, "confirm your e-mail").code(t)})
	if me := c.do(t, `{ me { emailVerified } }`, nil); me.get("me.emailVerified") != true {
		t.Errorf("the account is %v, want it verified", me)
	}

	anyone := s.anyone()
	anyone.do(t, `mutation { passwordResetRequest(email: "mary@example.test") { ok userErrors { code } } }`, nil)
	reset := anyone.do(t, `mutation($token: String!) {
		passwordReset(token: $token, newPassword: "kettles in the snow") { session { accessToken } userErrors { code } } }`,
		vars{"token": s.mail(t, "Choose a new password").code(t)})
	anyone.token = reset.str("passwordReset.session.accessToken")
	if me := anyone.do(t, `{ me { displayName } }`, nil); me.get("me.displayName") != "Mary" {
		t.Errorf("signed in as %v", me)
	}
	s.mail(t, "password was changed")

	deleted := anyone.do(t, `mutation { accountDelete(password: "kettles in the snow") { ok userErrors { code } } }`, nil)
	if deleted.get("accountDelete.ok") != true {
		t.Errorf("deleted: %v", deleted)
	}
}

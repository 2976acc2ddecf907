package email_test

import (
	"testing"

	"cartograph/internal/email"
	"cartograph/internal/email/emailtest"
)

func TestAddressesOfTheTable(t *testing.T) {
	t.Parallel()
	for _, c := range emailtest.Addresses() {
		normal, err := email.Parse(c.Given)
		if normal != c.Normal || (err == nil) != (c.Normal != "") {
			t.Errorf("Parse(%q) = %q, %v, want %q", c.Given, normal, err, c.Normal)
		}
		if err == nil && email.ASCII(normal) != c.SMTP {
			t.Errorf("%q is sent to %q, want %q", c.Given, email.ASCII(normal), c.SMTP)
		}
	}
}

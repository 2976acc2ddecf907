package order

import (
	"testing"

	"cartograph/internal/address/addresstest"
	"cartograph/internal/email/emailtest"
)

func TestCheckoutsValidateAddressesAsProfilesDo(t *testing.T) {
	t.Parallel()
	for _, c := range addresstest.Cases() {
		if _, err := checkAddress(&c.Given, "input"); (err == nil) != c.Accepted {
			t.Errorf("%s: %v, want it accepted: %v", c.Name, err, c.Accepted)
		}
	}
}

func TestCheckoutsValidateEmailAddressesAsRegistrationsDo(t *testing.T) {
	t.Parallel()
	for _, c := range emailtest.Addresses() {
		normal, err := checkEmail(c.Given)
		if normal != c.Normal || (err == nil) != (c.Normal != "") {
			t.Errorf("%q is %q (%v), want %q", c.Given, normal, err, c.Normal)
		}
		if c.Normal != "" && lookupEmail(c.Given) != c.Normal {
			t.Errorf("%q is looked up as %q, want %q", c.Given, lookupEmail(c.Given), c.Normal)
		}
	}
}

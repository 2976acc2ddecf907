package user

import (
	"testing"

	"cartograph/internal/address/addresstest"
)

func TestSavedAddressesAreValidatedAsCheckoutsDo(t *testing.T) {
	t.Parallel()
	for _, c := range addresstest.Cases() {
		if _, err := checkPostal(c.Given, "input"); (err == nil) != c.Accepted {
			t.Errorf("%s: %v, want it accepted: %v", c.Name, err, c.Accepted)
		}
	}
}

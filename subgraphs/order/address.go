package order

import (
	"strings"
	"unicode"

	"cartograph/internal/address"
	"cartograph/internal/email"
	"cartograph/internal/fault"
)

// Address is a postal address, in the form of internal/address once it is
// checked. It is stored with the order and never changes.
type Address = address.Address

const (
	maxText = 200 // characters of a search text
	maxNote = 500 // characters of a note
)

// checkAddress returns the address in its checked form, or the first fault in
// it. path is where the address is in the mutation's input.
func checkAddress(a *Address, path ...string) (*Address, error) {
	if a == nil {
		return nil, nil
	}
	checked, faults := a.Check(path...)
	if len(faults) > 0 {
		return nil, faults[0]
	}
	return &checked, nil
}

// checkEmail returns the normal form of an e-mail address.
func checkEmail(given string) (string, error) {
	normal, err := email.Parse(given)
	if f := fault.Of(err); f != nil {
		return "", f.At("input", "email")
	}
	return normal, err
}

// printable reports whether s has at most limit characters and fits on one line:
// control characters could forge lines of a label, a mail or a log.
func printable(s string, limit int) bool {
	n := 0
	for _, r := range s {
		if n++; n > limit || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

// lookupEmail is the form in which orders store an address; what is no address
// matches none.
func lookupEmail(given string) string {
	normal, err := email.Parse(given)
	if err != nil {
		return strings.TrimSpace(given)
	}
	return normal
}

// Package email is the one idea of what an e-mail address is, for accounts,
// checkouts and mails alike: what one of them accepts, the others can use.
//
// Accepted is what mail servers deliver and people type: a dot-atom of RFC
// 5322 in ASCII, "@", and a domain of the public DNS, internationalised or
// not. Quoted local parts, comments, IP literals and host names without a dot
// are refused: no shop's customer has one, and typing errors look like them.
package email

import (
	"regexp"
	"strings"

	"golang.org/x/net/idna"

	"cartograph/internal/fault"
)

// Limits of RFC 5321, in octets of the form that SMTP transmits.
const (
	maxLocal   = 64
	maxAddress = 254
)

var (
	dotAtom = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	numeric = regexp.MustCompile(`^[0-9]+$`)

	// What registries accept: hyphens and joiners where IDNA 2008 allows them,
	// labels of at most 63 octets.
	domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.CheckJoiners(true),
		idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.Transitional(false))
)

// Parse returns the normal form of an address: without space around it, in
// lower case, its domain as people read it ("ada@bücher.example"). Two
// addresses of one mailbox have one normal form, for all that can be known
// without a request to its server.
func Parse(s string) (string, error) {
	local, domain, found := cutLast(strings.ToLower(strings.TrimSpace(s)))
	ascii, err := domains.ToASCII(domain)
	if !found || err != nil || !dotAtom.MatchString(local) || len(local) > maxLocal || len(local)+1+len(ascii) > maxAddress || !public(ascii) {
		return "", fault.Localized(fault.Invalid, "common.malformed_email")
	}
	readable, err := domains.ToUnicode(ascii)
	if err != nil {
		return "", fault.Localized(fault.Invalid, "common.malformed_email")
	}
	return local + "@" + readable, nil
}

// ASCII is a parsed address as SMTP transmits it: "ada@xn--bcher-kva.example".
func ASCII(address string) string {
	local, domain, _ := cutLast(address)
	ascii, err := domains.ToASCII(domain)
	if err != nil {
		return address // not one of ours; the server refuses it
	}
	return local + "@" + ascii
}

func cutLast(s string) (local, domain string, found bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// public reports whether a domain can be one of the public DNS: at least two
// labels, and a last one that is not a number (else it is an IP address).
func public(domain string) bool {
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1 && !numeric.MatchString(domain[dot+1:])
}

// Package id makes identifiers that say what they name: "crt_01J8…".
//
// To clients an identifier is opaque. To us its prefix tells the type, and its
// ULID the moment it was made; later identifiers sort after earlier ones.
package id

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// A Prefix is the type part of an identifier.
type Prefix string

// The prefix of every type that has identifiers.
const (
	User      Prefix = "usr"
	Guest     Prefix = "gst"
	Session   Prefix = "ses"
	Address   Prefix = "adr"
	Product   Prefix = "prd"
	Variant   Prefix = "var"
	Category  Prefix = "cat"
	Brand     Prefix = "brd"
	Image     Prefix = "img"
	Cart      Prefix = "crt"
	CartLine  Prefix = "lin"
	Checkout  Prefix = "chk"
	Order     Prefix = "ord"
	OrderLine Prefix = "oln"
	Payment   Prefix = "pay"
	Refund    Prefix = "ref"
	Event     Prefix = "evt"
	Mail      Prefix = "mail"
	APIClient Prefix = "api"
)

// New returns a fresh identifier. Of two that one process makes, the later
// sorts after the earlier, even within a millisecond.
func New(p Prefix) string {
	return string(p) + "_" + ulid.MustNew(ulid.Timestamp(time.Now()), entropy).String()
}

// entropy grows by a random step within a millisecond.
var entropy = &ulid.LockedMonotonicReader{MonotonicReader: ulid.Monotonic(rand.Reader, 0)}

// PrefixOf is the type part of id, or "" if id is not an identifier.
func PrefixOf(id string) Prefix {
	prefix, rest, ok := strings.Cut(id, "_")
	if !ok || len(rest) != ulid.EncodedSize {
		return ""
	}
	if _, err := ulid.ParseStrict(rest); err != nil {
		return ""
	}
	return Prefix(prefix)
}

// Package id generates identifiers with the prefix of their type: "crt_01J8…".
//
// Identifiers are opaque to clients. Services read the type from the prefix;
// the ULID holds the time of generation in milliseconds, so that later
// identifiers sort after earlier ones and new rows are added at the end of an
// index.
package id

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// A Prefix is the type part of an identifier.
type Prefix string

// The prefixes of the types.
const (
	User       Prefix = "usr"
	Guest      Prefix = "gst"
	Session    Prefix = "ses"
	Address    Prefix = "adr"
	Product    Prefix = "prd"
	Variant    Prefix = "var"
	Category   Prefix = "cat"
	Brand      Prefix = "brd"
	Collection Prefix = "col"
	Metafield  Prefix = "mfd" // the definition of one
	Image      Prefix = "img"
	Upload     Prefix = "upl"
	Cart       Prefix = "crt"
	CartLine   Prefix = "lin"
	Wishlist   Prefix = "wsh"
	WishItem   Prefix = "wsi"
	Checkout   Prefix = "chk"
	Order      Prefix = "ord"
	OrderLine  Prefix = "oln"
	Shipment   Prefix = "shp"
	Return     Prefix = "ret"
	Payment    Prefix = "pay"
	Refund     Prefix = "ref"
	Dispute    Prefix = "dsp"
	Event      Prefix = "evt"
	Mail       Prefix = "mail"
	APIClient  Prefix = "api"
	AuditEntry Prefix = "aud"
	Review     Prefix = "rev"
	FlashSale  Prefix = "fls"
	Receipt    Prefix = "rcp"
	Promotion  Prefix = "prm"
	GiftCard   Prefix = "gft"
	Link       Prefix = "lnk" // in a mail about an account
	StockAlert Prefix = "alr"

	WebhookEndpoint    Prefix = "whe"
	WebhookDelivery    Prefix = "whd"
	PartnerApplication Prefix = "pap"
	Notification       Prefix = "ntf"
	PushSubscription   Prefix = "psh"
)

// New returns a fresh identifier. Of two from one process the later
// sorts after the earlier, even within a millisecond.
func New(p Prefix) string {
	return string(p) + "_" + ulid.MustNew(ulid.Timestamp(time.Now()), entropy).String()
}

// entropy increases by a random step within a millisecond, so that identifiers
// are in order and still cannot be guessed from each other.
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

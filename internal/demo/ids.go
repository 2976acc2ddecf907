package demo

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// epoch is the moment that all demo ids carry. It never changes: the ids
// would change with it.
func epoch() time.Time { return time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC) }

// stableID is prefix and a ULID made from the thing's natural key, the same at
// every start.
func stableID(prefix, key string) string {
	sum := sha256.Sum256([]byte(prefix + key))
	var u ulid.ULID
	copy(u[6:], sum[:])
	if err := u.SetTime(ulid.Timestamp(epoch())); err != nil {
		panic(fmt.Sprintf("demo epoch does not fit a ULID: %v", err))
	}
	return prefix + u.String()
}

func productID(slug string) string  { return stableID("prd_", slug) }
func variantID(sku string) string   { return stableID("var_", sku) }
func categoryID(slug string) string { return stableID("cat_", slug) }
func brandID(slug string) string    { return stableID("brd_", slug) }
func mediaID(name string) string    { return stableID("img_", name) }
func userID(email string) string    { return stableID("usr_", email) }
func addressID(key string) string   { return stableID("adr_", key) }

// Barcodes that begin with 2 are kept for use inside a shop, so none of ours
// can be the barcode of a real article. The second digit keeps the catalogue
// and the volume set apart.
const (
	barcodeCatalogue = "20"
	barcodeVolume    = "21"
)

// barcode is the EAN-13 of prefix, n and the check digit.
func barcode(prefix string, n uint64) string {
	digits := fmt.Sprintf("%s%010d", prefix, n%10_000_000_000)
	sum := 0
	for i, d := range digits {
		weight := 1
		if i%2 == 1 {
			weight = 3
		}
		sum += weight * int(d-'0')
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

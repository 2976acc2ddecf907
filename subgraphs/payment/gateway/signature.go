package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// webhookTolerance is how far the clocks may be apart, and for how long a
// webhook that was recorded on its way can be sent again.
const webhookTolerance = 5 * time.Minute

// CheckSignature checks that a webhook was signed with one of our secrets, and not long
// ago. The header is "t=<unix>,v1=<hex>", as Stripe defined it: v1 is the HMAC-SHA256 of
// "<t>.<body>". The body must be the bytes as they came.
func CheckSignature(header string, body []byte, secrets []string, now time.Time) error {
	stamp, signatures := readSignature(header)
	if !signed(secrets, stamp, body, signatures) {
		return ErrSignature
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrMalformed
	}
	if age := now.Sub(time.Unix(unix, 0)); age > webhookTolerance || age < -webhookTolerance {
		return ErrTooOld
	}
	return nil
}

// readSignature takes "t=<unix>,v1=<hex>" apart; there may be several v1.
func readSignature(header string) (stamp string, signatures [][]byte) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, mac)
			}
		}
	}
	return stamp, signatures
}

// signed compares in constant time with what each of our secrets would make.
func signed(secrets []string, stamp string, body []byte, signatures [][]byte) bool {
	for _, secret := range secrets {
		if secret == "" {
			continue // any sender can sign with that
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, got := range signatures {
			if hmac.Equal(got, want) {
				return true
			}
		}
	}
	return false
}

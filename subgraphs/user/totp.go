package user

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// Codes of authenticators by RFC 6238, with the parameters that all of them have.
const (
	totpPeriod      = 30 * time.Second
	totpSecretBytes = 20
	totpSkew        = 1 // steps by which the clock of a telephone may differ
	totpIssuer      = "Cartograph"
)

// Codes for a user whose authenticator is lost.
const (
	recoveryCodes      = 10
	recoveryCodeBytes  = 10 // 80 bits: guessing is hopeless, so that a fast hash is enough
	recoveryCodeLength = 16 // in base32
)

var base32Encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// TOTPEnrollment is what an authenticator needs. It cannot be read again.
type TOTPEnrollment struct {
	Secret     string // base32
	OtpauthURI string
}

func newTOTPSecret() []byte {
	secret := make([]byte, totpSecretBytes)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// enrollmentOf is the form in which authenticators take a secret.
func enrollmentOf(secret []byte, account string) (*TOTPEnrollment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: account, Secret: secret})
	if err != nil {
		return nil, err
	}
	return &TOTPEnrollment{Secret: key.Secret(), OtpauthURI: key.URL()}, nil
}

// stepOf returns the step whose code it is, of those around now.
func stepOf(code string, secret []byte, now time.Time) (step int64, ok bool, err error) {
	current, encoded := now.Unix()/int64(totpPeriod/time.Second), base32Encoding.EncodeToString(secret)
	for candidate := current - totpSkew; candidate <= current+totpSkew; candidate++ {
		want, err := hotp.GenerateCodeCustom(encoded, uint64(candidate), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // after 1970
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = candidate, true
		}
	}
	return step, ok, nil
}

// newRecoveryCodes returns codes as they are shown, and their hashes.
func newRecoveryCodes() (shown []string, hashes [][]byte) {
	for range recoveryCodes {
		secret := make([]byte, recoveryCodeBytes)
		_, _ = rand.Read(secret) // never fails
		code := strings.ToLower(base32Encoding.EncodeToString(secret))
		shown = append(shown, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
		hashes = append(hashes, hashOf(code))
	}
	return shown, hashes
}

// tidyCode is a code as it is stored or computed, whichever way it was typed.
func tidyCode(typed string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(typed))
}

func isRecoveryCode(tidy string) bool { return len(tidy) == recoveryCodeLength }

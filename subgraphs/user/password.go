package user

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"cartograph/internal/fault"
)

const (
	minPassword   = 10 // characters
	maxPassword   = 128
	fewCharacters = 4 // a password with fewer different ones is a pattern
)

// commonPasswords are those of at least ten characters that people choose
// first, one a line, in lower case.
//
//go:embed common_passwords.txt
var commonPasswords string

// checkPassword returns why a password may not be chosen.
func checkPassword(password, email string) *fault.Error {
	weak := func(format string, args ...any) *fault.Error {
		return fault.New(fault.Invalid, format, args...).WithCode("PASSWORD_TOO_WEAK")
	}
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	lower := strings.ToLower(password)
	local, _, _ := strings.Cut(email, "@")
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || n < minPassword:
		return weak("A password needs at least %d characters.", minPassword)
	case n > maxPassword:
		return weak("A password may have %d characters at most.", maxPassword)
	case strings.TrimSpace(lower) == email || lower == local:
		return weak("The e-mail address must not be the password.")
	case len(different) < fewCharacters || strings.Contains("\n"+commonPasswords, "\n"+lower+"\n"):
		return weak("This password is among the first that anybody would try.")
	default:
		return nil
	}
}

// argon is the cost of an Argon2id hash.
type argon struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

const (
	saltBytes = 16
	hashBytes = 32
)

// currentCost is the least that OWASP recommends: some 20 ms and 19 MiB.
func currentCost() argon { return argon{memory: 19 * 1024, passes: 2, lanes: 1} }

// hasher hashes passwords, a few at a time, so that a crowd that signs in
// waits instead of taking all memory.
type hasher struct {
	slots chan struct{}
}

func newHasher() *hasher { return &hasher{slots: make(chan struct{}, runtime.GOMAXPROCS(0))} }

// hash returns the PHC string of a password at the current cost.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	cost := currentCost()
	sum, err := h.sum(ctx, password, cost, salt)
	if err != nil {
		return "", err
	}
	return cost.encode(salt, sum), nil
}

// matches reports whether a PHC string is of the password.
func (h *hasher) matches(ctx context.Context, password, encoded string) (bool, error) {
	cost, salt, want, err := decode(encoded)
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, password, cost, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// pretend takes as long as matches: what is not there must not answer sooner.
func (h *hasher) pretend(ctx context.Context, password string) error {
	_, err := h.sum(ctx, password, currentCost(), make([]byte, saltBytes))
	return err
}

// sum hashes when it is its turn. The same characters are the same password,
// however a keyboard composes them.
func (h *hasher) sum(ctx context.Context, password string, cost argon, salt []byte) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, cost.passes, cost.memory, cost.lanes, hashBytes), nil
}

func (a argon) encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("%s%s$%s", a.prefix(), b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func (a argon) prefix() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, a.memory, a.passes, a.lanes)
}

// outdated reports whether a hash was made at another cost than the current.
func outdated(encoded string) bool { return !strings.HasPrefix(encoded, currentCost().prefix()) }

func decode(encoded string) (cost argon, salt, sum []byte, err error) {
	parts := strings.Split(encoded, "$")
	var version int
	if len(parts) != 6 || parts[1] != "argon2id" {
		return cost, nil, nil, errors.New("a stored password is not an Argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return cost, nil, nil, errors.New("a stored password is of an unknown Argon2 version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.memory, &cost.passes, &cost.lanes); err != nil {
		return cost, nil, nil, fmt.Errorf("cost of a stored password: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, fmt.Errorf("salt of a stored password: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) != hashBytes {
		return cost, nil, nil, errors.New("hash of a stored password is damaged")
	}
	return cost, salt, sum, nil
}

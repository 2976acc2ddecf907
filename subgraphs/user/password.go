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
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"cartograph/internal/fault"
	"cartograph/internal/limiter"
	"cartograph/internal/message"
)

const (
	minPassword = 10 // characters
	maxPassword = 128
	minDistinct = 4 // different characters; fewer are a pattern
)

// commonPasswords are the most frequent ones of at least ten characters, one a
// line, in lower case.
//
//go:embed common_passwords.txt
var commonPasswords string

// checkPassword returns an error if a password may not be chosen.
func checkPassword(password, email string) *fault.Error {
	weak := func(key message.Key, limit int) *fault.Error {
		return fault.Localized(fault.Invalid, key, message.Args{"limit": limit}).WithCode("PASSWORD_TOO_WEAK")
	}
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	lower := strings.ToLower(password)
	local, _, _ := strings.Cut(email, "@")
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || n < minPassword:
		return weak("user.password_too_short", minPassword)
	case n > maxPassword:
		return weak("user.password_too_long", maxPassword)
	case strings.TrimSpace(lower) == email || lower == local:
		return weak("user.password_is_email", 0)
	case len(different) < minDistinct || strings.Contains("\n"+commonPasswords, "\n"+lower+"\n"):
		return weak("user.password_common", 0)
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

// currentCost is the minimum that OWASP recommends: about 20 ms of CPU and 19 MiB
// per hash.
func currentCost() argon { return argon{memory: 19 * 1024, passes: 2, lanes: 1} }

// Bounds of waiting for a hash. A full queue drains in 512 · 20 ms per core.
const (
	maxWaitingHashes = 512
	hashQueueTimeout = 10 * time.Second
)

// hasher hashes passwords, as many at a time as there are cores: more would not
// be faster, and each takes 19 MiB. A burst of sign-ins waits; beyond the bounds
// of the queue it is refused as temporarily unavailable.
type hasher struct {
	slots *limiter.Limiter
}

func newHasher() *hasher {
	return &hasher{slots: limiter.New(limiter.Config{
		Concurrent: runtime.GOMAXPROCS(0), Queue: maxWaitingHashes, Timeout: hashQueueTimeout,
	})}
}

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

// matches reports whether the PHC string is a hash of the password. The cost is
// that of the stored hash, so hashes of earlier costs stay valid.
func (h *hasher) matches(ctx context.Context, password, encoded string) (bool, error) {
	cost, salt, want, err := decode(encoded)
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, password, cost, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// matchNothing takes as long as matches, for accounts that do not exist.
func (h *hasher) matchNothing(ctx context.Context, password string) error {
	_, err := h.sum(ctx, password, currentCost(), make([]byte, saltBytes))
	return err
}

// sum hashes in a slot of the limiter. Passwords are normalised to NFC: keyboards
// compose the same characters differently.
func (h *hasher) sum(ctx context.Context, password string, cost argon, salt []byte) ([]byte, error) {
	if err := h.slots.Acquire(ctx); errors.Is(err, limiter.ErrOverloaded) {
		return nil, fault.Localized(fault.Unavailable, "user.busy")
	} else if err != nil {
		return nil, err
	}
	defer h.slots.Release()
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, cost.passes, cost.memory, cost.lanes, hashBytes), nil
}

func (a argon) encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("%s%s$%s", a.prefix(), b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func (a argon) prefix() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, a.memory, a.passes, a.lanes)
}

// outdated reports whether a hash has another cost than the current one.
func outdated(encoded string) bool { return !strings.HasPrefix(encoded, currentCost().prefix()) }

func decode(encoded string) (cost argon, salt, sum []byte, err error) {
	parts := strings.Split(encoded, "$")
	var version int
	if len(parts) != 6 || parts[1] != "argon2id" {
		return cost, nil, nil, errors.New("stored password is not an Argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return cost, nil, nil, errors.New("stored password has an unknown Argon2 version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.memory, &cost.passes, &cost.lanes); err != nil {
		return cost, nil, nil, fmt.Errorf("cost of a stored password: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, fmt.Errorf("salt of a stored password: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) != hashBytes {
		return cost, nil, nil, errors.New("stored password has a damaged hash")
	}
	return cost, salt, sum, nil
}

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
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"cartograph/internal/auth"
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

// Bounds of waiting for a hash or for the count of an attempt. The queue of one
// network drains in 128 · 20 ms per core. The timeout is shorter than the 5 s that
// the router waits for a subgraph.
const (
	maxWaitingOfNetwork = 128
	maxWaiting          = 1024
	passwordTimeout     = 4 * time.Second
	maxCounting         = 4 // connections of the pool
)

// hasher hashes passwords, as many at a time as there are cores: more would not
// be faster, and each takes 19 MiB. A burst of sign-ins waits. Networks take turns,
// so that the burst of one delays the others by a hash or two, and a network beyond
// its bound is refused.
type hasher struct {
	slots *limiter.Fair
}

func newHasher() *hasher { return &hasher{slots: newFair(runtime.GOMAXPROCS(0))} }

func newCounting() *limiter.Fair { return newFair(maxCounting) }

func newFair(concurrent int) *limiter.Fair {
	return limiter.NewFair(limiter.FairConfig{
		Concurrent: concurrent, QueuePerKey: maxWaitingOfNetwork, Queue: maxWaiting, Timeout: passwordTimeout,
	})
}

// hash returns the PHC string of a password at the current cost.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	return h.hashBeside(ctx, password, nil)
}

// hashBeside returns the PHC string of a password at the current cost, with the salt
// of the first of the hashes. The accounts of one address share a salt, so that a
// sign-in computes one hash however many there are: its duration does not reveal
// their number. Addresses have different salts. Hashes of an older cost, which a
// sign-in replaces, need one more.
func (h *hasher) hashBeside(ctx context.Context, password string, hashes []string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	if len(hashes) > 0 {
		var err error
		if _, salt, _, err = decode(hashes[0]); err != nil {
			return "", err
		}
	}
	cost := currentCost()
	sum, err := h.sum(ctx, password, cost, salt)
	if err != nil {
		return "", err
	}
	return cost.encode(salt, sum), nil
}

// match returns the index of the first hash that is of the password, or -1. It
// computes one hash for each cost and salt that is not among the computed ones, and
// one if there is nothing to compare with. The cost is that of the stored hash, so
// hashes of earlier costs stay valid.
func (h *hasher) match(ctx context.Context, password string, hashes []string, computed ...string) (int, error) {
	if len(hashes) == 0 && len(computed) == 0 {
		return -1, h.matchNothing(ctx, password)
	}
	first := -1
	for i, encoded := range hashes {
		at := slices.IndexFunc(computed, func(c string) bool { return parametersOf(c) == parametersOf(encoded) })
		if at < 0 {
			cost, salt, _, err := decode(encoded)
			if err != nil {
				return -1, err
			}
			sum, err := h.sum(ctx, password, cost, salt)
			if err != nil {
				return -1, err
			}
			at, computed = len(computed), append(computed, cost.encode(salt, sum))
		}
		if subtle.ConstantTimeCompare([]byte(computed[at]), []byte(encoded)) == 1 && first < 0 {
			first = i
		}
	}
	return first, nil
}

// parametersOf is a PHC string without the hash: algorithm, cost and salt.
func parametersOf(encoded string) string { return encoded[:strings.LastIndexByte(encoded, '$')+1] }

// matchNothing takes as long as a comparison, for accounts that do not exist.
func (h *hasher) matchNothing(ctx context.Context, password string) error {
	_, err := h.sum(ctx, password, currentCost(), make([]byte, saltBytes))
	return err
}

// sum hashes in a slot of the caller's network. Passwords are normalised to NFC:
// keyboards compose the same characters differently.
func (h *hasher) sum(ctx context.Context, password string, cost argon, salt []byte) ([]byte, error) {
	if err := h.slots.Acquire(ctx, auth.From(ctx).Network()); errors.Is(err, limiter.ErrOverloaded) {
		return nil, tooManyAttempts(passwordTimeout)
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

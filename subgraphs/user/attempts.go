package user

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/limiter"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// The throttle of password checks. It delays and never locks: a lock would let
// any client keep the owner out. Attempts are counted under keys, and an attempt
// waits in line with the others under its keys only:
//
//   - of a device on which the account has signed in before: the device. What
//     strangers do has no effect on it.
//   - of an unknown device: its network with the e-mail address, and its network
//     with all addresses (one password tried on many).
//   - of a registration: its network with the e-mail address.
//   - of a password change: the session.
//   - of a code of a second factor: the account, or the device if it is the account's.
//     Codes are short, so that a number of attempts in a window is the most. Recovery
//     codes are long, and not counted.
//   - of a request for a new password: its network with the e-mail address, and its
//     network with all addresses.
//
// A window begins with its first attempt. An attempt is counted before the
// password is checked and uncounted when it was right, so that concurrent attempts
// cannot pass together. A right password does not excuse the wrong ones before it
// on an unknown device: it may be that of another account with the same address.
const (
	attemptWindow  = 15 * time.Minute
	freeAttempts   = 5  // of one device, or of one network at one account
	freeOfNetwork  = 50 // of one network at all accounts: offices share an address
	firstDelay     = 250 * time.Millisecond
	maxDelay       = 2 * time.Second // between two attempts under a key
	maxWait        = 3 * time.Second // in line; the router waits 5 s for a subgraph
	warnAfter      = 10              // wrong passwords of unknown devices
	maxCodes       = 10              // of a second factor: 1 in 30,000 chances in a window
	maxAttemptRows = 200_000
)

// attempt is a password check.
type attempt struct {
	keys []throttleKey
}

// throttleKey is what attempts are counted under.
type throttleKey struct {
	name string
	free int  // attempts in a window without a delay
	most int  // attempts in a window; 0: delays are the only bound
	own  bool // belongs to one account: its right password resets it
}

// deviceAttempt is a sign-in on a device of an account. Device tokens and addresses
// are hashed: people type passwords into the wrong field, and tokens are secrets.
func deviceAttempt(email, deviceToken string) attempt {
	return attempt{keys: []throttleKey{{"device:" + hashed(email) + ":" + hashed(deviceToken), freeAttempts, 0, true}}}
}

// networkAttempt is a sign-in on an unknown device. The address need not have an
// account.
func networkAttempt(caller auth.Caller, email string) attempt {
	a := registrationAttempt(caller, email)
	a.keys = append(a.keys, throttleKey{"network:" + caller.Network(), freeOfNetwork, 0, false})
	return a
}

// registrationAttempt is a registration. It is not counted under the network alone:
// an office may register its people in a morning.
func registrationAttempt(caller auth.Caller, email string) attempt {
	return attempt{keys: []throttleKey{{"network:" + caller.Network() + ":" + hashed(email), freeAttempts, 0, false}}}
}

// resetAttempt is a request for a new password, counted apart from sign-ins.
func resetAttempt(caller auth.Caller, email string) attempt {
	return attempt{keys: []throttleKey{
		{"reset:" + caller.Network() + ":" + hashed(email), freeAttempts, 0, false},
		{"resets:" + caller.Network(), freeOfNetwork, 0, false},
	}}
}

func sessionAttempt(caller auth.Caller) attempt {
	return attempt{keys: []throttleKey{{"session:" + caller.ID + ":" + caller.SessionID, freeAttempts, 0, true}}}
}

// codeAttempt is a code of a second factor. deviceToken is that of a device of the
// account, or empty.
func codeAttempt(userID, code, deviceToken string) attempt {
	if isRecoveryCode(code) {
		return attempt{}
	}
	key := "code:" + userID
	if deviceToken != "" {
		key += ":" + hashed(deviceToken)
	}
	return attempt{keys: []throttleKey{{key, freeAttempts, maxCodes, true}}}
}

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// enqueued returns the row with one more attempt and when that attempt may begin:
// at once while there are free ones, later each at a growing distance after the
// one before.
func enqueued(row db.PasswordAttempt, free int, now time.Time) (db.PasswordAttempt, time.Time) {
	if !row.BeganAt.After(now.Add(-attemptWindow)) {
		row.Attempts, row.BeganAt, row.LastAt = 0, now, now
	}
	row.Attempts++
	begins := now
	if delayed := int(row.Attempts) - free; delayed > 0 {
		const doublings = 10 // beyond maxDelay; more would overflow
		delay := min(firstDelay<<min(delayed-1, doublings), maxDelay)
		if after := row.LastAt.Add(delay); after.After(begins) {
			begins = after
		}
	}
	row.LastAt = begins
	return row, begins
}

// awaitAttempt counts an attempt and returns when its turn has come. An attempt
// that would wait for longer than maxWait is refused and not counted, so the line
// does not grow and those in it are not delayed. Unknown addresses are counted
// like known ones, or the throttle would distinguish them.
func (s *Service) awaitAttempt(ctx context.Context, a attempt) error {
	if len(a.keys) == 0 {
		return nil
	}
	names := make([]string, len(a.keys))
	bounds := map[string]throttleKey{}
	for i, k := range a.keys {
		names[i], bounds[k.name] = k.name, k
	}
	slices.Sort(names)
	var wait time.Duration
	err := s.inLine(ctx, func() (err error) {
		wait, err = s.enqueueAttempt(ctx, names, bounds)
		return err
	})
	if err != nil {
		return err
	}
	if wait > maxWait {
		return tooManyAttempts(wait)
	}
	return s.sleep(ctx, wait)
}

// inLine calls do when it is the turn of the caller's network. What precedes the
// throttle runs in it: attempts of one network lock the same rows, and without a
// bound they would occupy the connections that the attempts of others need.
func (s *Service) inLine(ctx context.Context, do func() error) error {
	err := s.counting.Acquire(ctx, auth.From(ctx).Network())
	if errors.Is(err, limiter.ErrOverloaded) {
		return tooManyAttempts(passwordTimeout)
	}
	if err != nil {
		return err
	}
	defer s.counting.Release()
	return do()
}

// enqueueAttempt returns how long an attempt has to wait, and counts it unless that
// is longer than maxWait.
func (s *Service) enqueueAttempt(ctx context.Context, names []string, bounds map[string]throttleKey) (wait time.Duration, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		wait = 0
		if err := q.InitAttempts(ctx, db.InitAttemptsParams{Keys: names, Now: now}); err != nil {
			return err
		}
		rows, err := q.LockAttempts(ctx, names)
		if err != nil {
			return err
		}
		for i, row := range rows {
			var begins time.Time
			bound := bounds[row.Key]
			rows[i], begins = enqueued(row, bound.free, now)
			wait = max(wait, begins.Sub(now))
			if bound.most > 0 && int(rows[i].Attempts) > bound.most {
				wait = max(wait, rows[i].BeganAt.Add(attemptWindow).Sub(now), maxWait+time.Second)
			}
		}
		if wait > maxWait {
			return nil
		}
		for _, row := range rows {
			if err := q.SetAttempts(ctx, db.SetAttemptsParams{
				Key: row.Key, Attempts: row.Attempts, BeganAt: row.BeganAt, LastAt: row.LastAt,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count attempt: %w", err)
	}
	return wait, nil
}

// tooManyAttempts states in how many seconds an attempt has a chance.
func tooManyAttempts(wait time.Duration) *fault.Error {
	seconds := int((wait + time.Second - 1) / time.Second)
	return fault.Localized(fault.RateLimited, "user.too_many_attempts", message.Args{"count": seconds})
}

// reset uncounts an attempt whose password was right. Keys of one account start
// anew; the others get back this one attempt only, so that a correct password of
// their own does not reset the attempts at others.
func (a attempt) reset(ctx context.Context, q *db.Queries) error {
	for _, k := range a.keys {
		change := q.DecrementAttempts
		if k.own {
			change = q.ResetAttempts
		}
		if err := change(ctx, k.name); err != nil {
			return err
		}
	}
	return nil
}

// countFailure counts a wrong password of an unknown device against the address and
// notifies the owner of its oldest account, a single time in a window, that
// strangers try. It is counted without an account all the same, or the duration
// would reveal that there is none.
func (s *Service) countFailure(ctx context.Context, email string, found accounts) error {
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		now := s.Now()
		failures, err := db.New(tx).CountFailure(ctx, db.CountFailureParams{
			Key: "account:" + hashed(email), Now: now, WindowStart: now.Add(-attemptWindow),
		})
		owner := found.oldest()
		if err != nil || owner == nil || failures != warnAfter {
			return err
		}
		return outbox.Write(ctx, tx, event.SignInsFailed{
			UserID: owner.ID, Email: owner.Email, DisplayName: owner.DisplayName, Locale: owner.Locale, Attempts: warnAfter,
		})
	})
	if err != nil {
		return fmt.Errorf("count failed sign-in: %w", err)
	}
	return nil
}

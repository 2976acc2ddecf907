package notification

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/notification/db"
	"cartograph/internal/email"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
)

// A subscription is what a link ends: the mails about a topic to an account, or to an
// address without one.
type subscription struct {
	userID      string
	addressHash []byte
	topic       Topic
	locale      string // of the page that the link leads to
}

const unsubscribeKeyBytes = 32

// unsubscribeKey is the key of the database, which the first call makes.
func (w *Worker) unsubscribeKey(ctx context.Context) ([]byte, error) {
	if key := w.signingKey.Load(); key != nil {
		return *key, nil
	}
	q, key := db.New(w.pool), make([]byte, unsubscribeKeyBytes)
	_, _ = rand.Read(key) // never fails
	if err := q.CreateUnsubscribeKey(ctx, key); err != nil {
		return nil, err
	}
	key, err := q.UnsubscribeKey(ctx) // that of another replica, if it was faster
	if err != nil {
		return nil, err
	}
	w.signingKey.Store(&key)
	return key, nil
}

// mac distinguishes what is signed from addresses that are hashed.
func mac(key []byte, purpose, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(purpose + "\x00" + text)) // never fails
	return h.Sum(nil)
}

// addressHash is the hash of an address, in whichever letters it is written.
func (w *Worker) addressHash(ctx context.Context, address string) ([]byte, error) {
	key, err := w.unsubscribeKey(ctx)
	if err != nil {
		return nil, err
	}
	return mac(key, "address", strings.ToLower(email.ASCII(strings.TrimSpace(address)))), nil
}

// unsubscribeToken signs a subscription. It contains no address, and does not expire:
// whoever finds an old mail must be able to end them.
func (w *Worker) unsubscribeToken(ctx context.Context, s subscription) (string, error) {
	key, err := w.unsubscribeKey(ctx)
	if err != nil {
		return "", err
	}
	text := strings.Join([]string{string(s.topic), s.userID, hex.EncodeToString(s.addressHash), s.locale}, "|")
	return base64.RawURLEncoding.EncodeToString(append([]byte(text), mac(key, "link", text)...)), nil
}

// subscriptionOf reads a token; false for one that is not signed by the key.
func (w *Worker) subscriptionOf(ctx context.Context, token string) (s subscription, ok bool, err error) {
	const maxToken = 1000
	if len(token) > maxToken {
		return s, false, nil
	}
	raw, malformed := base64.RawURLEncoding.DecodeString(token)
	if malformed != nil || len(raw) <= sha256.Size {
		return s, false, nil //nolint:nilerr // it is not signed by us
	}
	key, err := w.unsubscribeKey(ctx)
	if err != nil {
		return s, false, err
	}
	text, signature := string(raw[:len(raw)-sha256.Size]), raw[len(raw)-sha256.Size:]
	if !hmac.Equal(signature, mac(key, "link", text)) {
		return s, false, nil
	}
	parts := strings.Split(text, "|")
	if len(parts) != 4 {
		return s, false, nil
	}
	s = subscription{topic: Topic(parts[0]), userID: parts[1], locale: parts[3]}
	s.addressHash, malformed = hex.DecodeString(parts[2])
	return s, malformed == nil && s.topic.endable(), nil
}

// unsubscribe ends a subscription: an account's as its preference, by event, and that of
// an address here.
func (w *Worker) unsubscribe(ctx context.Context, s subscription) error {
	if s.userID == "" {
		return db.New(w.pool).Unsubscribe(ctx, db.UnsubscribeParams{AddressHash: s.addressHash, Topic: string(s.topic)})
	}
	return w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		return outbox.Write(ctx, tx, event.NotificationUnsubscribed{UserID: s.userID, About: string(s.topic), Channel: channelEmail})
	})
}

// resubscribe undoes the end of mails to an address.
func (w *Worker) resubscribe(ctx context.Context, s subscription) error {
	return db.New(w.pool).Resubscribe(ctx, db.ResubscribeParams{AddressHash: s.addressHash, Topic: string(s.topic)})
}

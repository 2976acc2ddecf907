package notification

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/fetch"
	rpcv1 "cartograph/internal/rpc/v1"
)

var (
	errExpired = errors.New("the push subscription has expired")
	errRefused = errors.New("the message was refused")
)

// A push service accepts 4096 bytes; most of a longer text is not shown anyway.
const (
	maxPushTitle  = 100 // characters
	maxPushBody   = 300
	maxPushAnswer = 4 << 10
)

// pushPayload is what the service worker of the shop's page gets.
type pushPayload struct {
	NotificationID string `json:"notificationId"`
	Topic          string `json:"topic"`
	Title          string `json:"title"`
	Body           string `json:"body"`
	LinkID         string `json:"linkId,omitempty"`
}

// NewPushKey returns a private key for push messages.
func NewPushKey() (string, error) {
	private, _, err := webpush.GenerateVAPIDKeys()
	return private, err
}

// PushPublicKey is the public key of a private one, which browsers subscribe with; empty
// without a key.
func PushPublicKey(private string) (string, error) {
	if private == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(private)
	if err != nil {
		return "", errors.New("push key: not base64url") // the cause quotes the key
	}
	key, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return "", errors.New("push key: not a key of P-256")
	}
	return base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), nil
}

// newPushClient connects to public addresses only, as fetch does for webhooks: a user
// chooses the endpoint. A redirect is an answer like any other.
func newPushClient(allowPrivate bool) *http.Client {
	return &http.Client{
		Transport:     fetch.NewTransport(allowPrivate),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// push sends a message to one device.
func (w *Worker) push(ctx context.Context, p event.NotificationDue, useful time.Duration) error {
	if w.pushKey == "" {
		return errNotWanted
	}
	target, err := w.users.PushTarget(ctx, &rpcv1.PushTargetRequest{SubscriptionId: p.TargetID})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return errNotWanted
	case err != nil:
		return fmt.Errorf("%w: push subscription %s: %w", errUsersAway, p.TargetID, err)
	}
	payload, err := json.Marshal(pushPayload{
		NotificationID: p.NotificationID, Topic: p.About, Title: cut(p.Title, maxPushTitle), Body: cut(p.Body, maxPushBody), LinkID: p.LinkID,
	})
	if err != nil {
		return err
	}
	urgency := webpush.UrgencyNormal
	if !Topic(p.About).policy().urgent {
		urgency = webpush.UrgencyLow
	}
	res, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{
		Endpoint: target.GetEndpoint(), Keys: webpush.Keys{P256dh: target.GetP256Dh(), Auth: target.GetAuth()},
	}, &webpush.Options{
		HTTPClient: w.pushClient, Subscriber: w.composer.from.Address, TTL: int(useful / time.Second), Urgency: urgency,
		VAPIDPublicKey: w.pushPublicKey, VAPIDPrivateKey: w.pushKey,
	})
	if errors.Is(err, fetch.ErrForbiddenAddress) {
		return errExpired // the name leads to this network: no message will ever be sent there
	}
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxPushAnswer))
	switch status := res.StatusCode; {
	case status/100 == 2:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		return errExpired
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		return fmt.Errorf("the push service answered %d", status)
	default:
		return fmt.Errorf("%w: the push service answered %d", errRefused, status)
	}
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

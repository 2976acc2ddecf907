package notification_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/consumers/notification"
	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
)

// device is a browser with its push service.
type device struct {
	key    *ecdh.PrivateKey
	secret []byte
	server *httptest.Server

	mu       sync.Mutex
	status   int
	requests []*http.Request
	messages []string
}

func newDevice(t *testing.T) *device {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{key: key, secret: []byte("0123456789abcdef"), status: http.StatusCreated}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		d.mu.Lock()
		defer d.mu.Unlock()
		if err == nil && d.status == http.StatusCreated {
			d.requests, d.messages = append(d.requests, r), append(d.messages, d.decrypt(t, body))
		}
		w.WriteHeader(d.status)
	}))
	t.Cleanup(d.server.Close)
	return d
}

func (d *device) target() *rpcv1.PushTargetResponse {
	return &rpcv1.PushTargetResponse{
		Endpoint: d.server.URL + "/send/1", P256Dh: base64.RawURLEncoding.EncodeToString(d.key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(d.secret),
	}
}

func (d *device) answers(status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status = status
}

// decrypt reads a message of one record by RFC 8291 and RFC 8188.
func (d *device) decrypt(t *testing.T, body []byte) string {
	t.Helper()
	salt, keyLength := body[:16], int(body[20])
	size := binary.BigEndian.Uint32(body[16:20])
	sender, err := ecdh.P256().NewPublicKey(body[21 : 21+keyLength])
	if err != nil || len(body) > int(size)+21+keyLength {
		t.Errorf("a message of %d bytes: %v", len(body), err)
		return ""
	}
	shared, err := d.key.ECDH(sender)
	if err != nil {
		t.Error(err)
		return ""
	}
	expand := func(secret, salt []byte, info string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			t.Error(err)
		}
		return out
	}
	ikm := expand(shared, d.secret, "WebPush: info\x00"+string(d.key.PublicKey().Bytes())+string(sender.Bytes()), 32)
	block, err := aes.NewCipher(expand(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Error(err)
		return ""
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Error(err)
		return ""
	}
	plain, err := gcm.Open(nil, expand(ikm, salt, "Content-Encoding: nonce\x00", 12), body[21+keyLength:], nil)
	if err != nil {
		t.Error(err)
	}
	return strings.TrimRight(string(plain), "\x00\x02")
}

func pushDue(subscription, topic string) event.NotificationDue {
	return event.NotificationDue{
		NotificationID: "ntf_01J0000000000000000000000A", UserID: adaID, Channel: "PUSH", TargetID: subscription, About: topic,
		Title: "Order C-1 is confirmed", Body: strings.Repeat("Thank you. ", 200), LinkID: "ord_1", PostedAt: time.Now().UTC(),
	}
}

func newPushFixture(t *testing.T, u users, private bool) fixture {
	t.Helper()
	key, err := notification.NewPushKey()
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.New(t, db.Migrations())
	w, err := notification.NewWorker(pool, outbox.New(pool), u, carts{}, orders{}, payments{}, notification.Config{
		SMTPURL: "smtp://127.0.0.1:1", From: "Cartograph <orders@shop.example>", PushPrivateKey: key, AllowPrivate: private,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return fixture{w, pool, nil}
}

func byPush(targets map[string]*rpcv1.PushTargetResponse) users {
	u := answers(func(r *rpcv1.RecipientResponse) { r.Channels = []string{"PUSH", "SMS"} })
	u.targets = targets
	return u
}

func (f fixture) mustSendMessages(t *testing.T, left int) {
	t.Helper()
	if _, err := f.SendMessages(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM messages").Scan(&n); err != nil || n != left {
		t.Errorf("%d messages are left, %v, want %d", n, err, left)
	}
}

func TestAPushMessageIsReadableByItsDeviceOnly(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	f := newPushFixture(t, byPush(map[string]*rpcv1.PushTargetResponse{"psh_1": d.target()}), true)
	f.mustHandle(t, pushDue("psh_1", "ORDER"))
	f.mustHandle(t, pushDue("psh_gone", "ORDER")) // its session has ended
	f.mustSendMessages(t, 0)
	if len(d.messages) != 1 {
		t.Fatalf("%d messages arrived, want one", len(d.messages))
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(d.messages[0]), &got); err != nil || len(got) != 5 || got["title"] != "Order C-1 is confirmed" || got["linkId"] != "ord_1" || len([]rune(got["body"])) != 300 {
		t.Errorf("the message is %s, %v", d.messages[0], err)
	}
	if r := d.requests[0]; !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") || r.Header.Get("Ttl") == "" || r.Header.Get("Content-Encoding") != "aes128gcm" {
		t.Errorf("headers are %v", r.Header)
	}
	sent := eventsOf[event.NotificationSent](t, f)
	if len(sent) != 1 || sent[0].Channel != "PUSH" || sent[0].UserID != adaID {
		t.Errorf("reported as sent: %+v", sent)
	}
}

func TestADeviceThatIsGoneIsRemoved(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	f := newPushFixture(t, byPush(map[string]*rpcv1.PushTargetResponse{"psh_1": d.target()}), true)
	want := []event.PushSubscriptionExpired{}
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		d.answers(status)
		f.mustHandle(t, pushDue("psh_1", "ORDER"))
		f.mustSendMessages(t, 0)
		want = append(want, event.PushSubscriptionExpired{UserID: adaID, SubscriptionID: "psh_1"})
	}
	if diff := cmp.Diff(want, eventsOf[event.PushSubscriptionExpired](t, f)); diff != "" {
		t.Errorf("expired (-want +got):\n%s", diff)
	}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		d.answers(status)
		f.mustHandle(t, pushDue("psh_1", "ORDER"))
		f.mustSendMessages(t, 1) // it is tried again
		f.mustExec(t, "DELETE FROM messages")
	}
	d.answers(http.StatusForbidden)
	f.mustHandle(t, pushDue("psh_1", "ORDER"))
	f.mustSendMessages(t, 0)
	if failed := eventsOf[event.NotificationFailed](t, f); len(failed) != 1 || failed[0].Channel != "PUSH" {
		t.Errorf("reported as failed: %+v", failed)
	}
}

// A user chooses the endpoint: it must not reach what only this process can.
func TestPushServicesOfThisNetworkAreNotReached(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	f := newPushFixture(t, byPush(map[string]*rpcv1.PushTargetResponse{"psh_1": d.target()}), false)
	f.mustHandle(t, pushDue("psh_1", "ORDER"))
	f.mustSendMessages(t, 0)
	if len(d.messages) != 0 {
		t.Error("the server on this machine was reached")
	}
	if expired := eventsOf[event.PushSubscriptionExpired](t, f); len(expired) != 1 {
		t.Errorf("%d subscriptions are removed, want the one", len(expired))
	}
}

func TestPushMessagesFollowTheUsersChoice(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	targets := map[string]*rpcv1.PushTargetResponse{"psh_1": d.target()}
	unwanted := answers(func(r *rpcv1.RecipientResponse) { r.Channels = []string{"EMAIL"} })
	unwanted.targets = targets
	f := newPushFixture(t, unwanted, true)
	f.mustHandle(t, pushDue("psh_1", "ORDER"))
	f.mustSendMessages(t, 0)

	end := time.Now().Add(time.Hour)
	quiet := answers(func(r *rpcv1.RecipientResponse) { r.Channels, r.QuietUntil = []string{"PUSH"}, timestamppb.New(end) })
	quiet.targets = targets
	f = newPushFixture(t, quiet, true)
	f.mustHandle(t, pushDue("psh_1", "STOCK_ALERT"))
	f.mustSendMessages(t, 1)
	if len(d.messages) != 0 {
		t.Errorf("%d messages arrived, against the choice or in the quiet hours", len(d.messages))
	}
	f.mustHandle(t, pushDue("psh_1", "SECURITY"))
	f.mustSendMessages(t, 1)
	if len(d.messages) != 1 {
		t.Error("what is urgent waits")
	}
	f.mustHandle(t, event.UserErased{UserID: adaID, DisplayName: "Deleted account"})
	f.mustSendMessages(t, 0)
}

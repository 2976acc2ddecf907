package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	signatureHeader = "Gateway-Signature"
	// webhookTolerance is how far the clocks may be apart, and for how long a
	// webhook that was recorded on its way can be sent again.
	webhookTolerance = 5 * time.Minute
)

// ParseWebhook implements Gateway. The body must be the bytes as they came.
func (s *Simulator) ParseWebhook(header http.Header, body []byte, now time.Time) (Event, error) {
	stamp, signatures := readSignature(header.Get(signatureHeader))
	if !s.signed(stamp, body, signatures) {
		return Event{}, ErrSignature
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return Event{}, ErrMalformed
	}
	if age := now.Sub(time.Unix(unix, 0)); age > webhookTolerance || age < -webhookTolerance {
		return Event{}, ErrTooOld
	}
	var w struct {
		ID      string    `json:"id"`
		Type    EventType `json:"type"`
		Created time.Time `json:"created"`
		Data    struct {
			Object wirePayment `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	p, err := made(w.Data.Object, nil)
	if err != nil {
		return Event{}, fmt.Errorf("%w: event %q: %w", ErrMalformed, w.ID, err)
	}
	if w.ID == "" || w.Type == "" {
		return Event{}, fmt.Errorf("%w: it has no id or no type", ErrMalformed)
	}
	return Event{w.ID, w.Type, w.Created, p}, nil
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
func (s *Simulator) signed(stamp string, body []byte, signatures [][]byte) bool {
	for _, secret := range s.cfg.WebhookSecrets {
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

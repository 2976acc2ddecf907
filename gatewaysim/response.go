package gatewaysim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"cartograph/internal/wakeup"
)

// response is the response to a request of the merchant.
type response struct {
	status int
	body   []byte
	// open means that nothing is decided: the response is not stored, and the next
	// request with the key runs again.
	open bool
	// replayed means that the response was stored by an earlier request.
	replayed bool
	// delay is how long the response is held back.
	delay time.Duration
	// early are the deliveries to make before it is sent.
	early []int64
}

// apiError is the body of every refusal, under "error".
type apiError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
}

func refusal(status int, code, message string) response {
	return encoded(status, map[string]apiError{"error": {Code: code, Message: message}})
}

func encoded(status int, v any) response {
	body, err := json.Marshal(v)
	if err != nil {
		panic("gatewaysim: encode a response: " + err.Error()) // only types of this package
	}
	return response{status: status, body: body}
}

// merchant wraps a route of the API: it checks the API key, makes the early
// deliveries and holds the response back.
func (g *Gateway) merchant(route func(*http.Request) (response, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !g.authenticated(r.Header.Get("Authorization")) {
			refusal(http.StatusUnauthorized, "api_key_invalid", "The API key is missing or wrong.").write(w)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a, err := route(r)
		if err != nil {
			g.log.ErrorContext(r.Context(), "handle request", "route", r.Pattern, "err", err)
			a = refusal(http.StatusInternalServerError, "server_error", "Internal error. Repeat the request with the same key.")
		}
		for _, delivery := range a.early {
			g.deliverNow(r.Context(), delivery)
		}
		if !wakeup.Sleep(r.Context(), a.delay) {
			return // the client has gone
		}
		a.write(w)
	}
}

// Hashes are compared, so that the duration reveals nothing of the key or its length.
func (g *Gateway) authenticated(authorization string) bool {
	key, _ := strings.CutPrefix(authorization, "Bearer ")
	got, want := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(g.cfg.APIKey))
	return g.cfg.APIKey != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (a response) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if a.replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone and will repeat the request
}

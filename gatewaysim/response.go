package gatewaysim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// answer is what goes back to the merchant.
type answer struct {
	status int
	body   []byte
	// open says that nothing is decided: the answer is not kept, and the same
	// key will try again.
	open bool
	// replayed says that the answer was kept from the first time.
	replayed bool
	// after is how long the merchant is kept waiting for it.
	after time.Duration
	// early are deliveries to make before it is given.
	early []int64
}

// apiError is the body of every refusal, under "error".
type apiError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
}

func refused(status int, code, message string) answer {
	return encoded(status, map[string]apiError{"error": {Code: code, Message: message}})
}

func encoded(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic("gatewaysim: encode an answer: " + err.Error()) // only types of ours come here
	}
	return answer{status: status, body: body}
}

// merchant wraps a route of the API: it checks the key, answers, and keeps the
// merchant waiting where the answer says so.
func (g *Gateway) merchant(route func(*http.Request) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !g.knows(r.Header.Get("Authorization")) {
			refused(http.StatusUnauthorized, "api_key_invalid", "The API key is missing or wrong.").write(w)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a, err := route(r)
		if err != nil {
			g.log.ErrorContext(r.Context(), "answer a merchant", "route", r.Pattern, "err", err)
			a = refused(http.StatusInternalServerError, "server_error", "Something went wrong here. Repeat the request with the same key.")
		}
		for _, delivery := range a.early {
			g.deliverNow(r.Context(), delivery)
		}
		if !wait(r.Context().Done(), a.after) {
			return // nobody is listening any more
		}
		a.write(w)
	}
}

// knows compares hashes, so that time tells nothing of the key or its length.
func (g *Gateway) knows(authorization string) bool {
	key, _ := strings.CutPrefix(authorization, "Bearer ")
	got, want := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(g.cfg.APIKey))
	return g.cfg.APIKey != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if a.replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the merchant hung up; he will ask again
}

// wait reports whether d passed before done was closed.
func wait(done <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}

package gatewaysim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/cardnumber"
	"cartograph/internal/crashpoint"
	"cartograph/internal/pg"
)

const (
	maxBody = 64 << 10
	maxKey  = 255 // characters of an Idempotency-Key
)

// effect is the effect of a request, in the transaction that also stores its
// response. try counts the requests with this key, from 1.
type effect func(ctx context.Context, tx pgx.Tx, try int) (response, error)

// idempotent runs the effect of a POST at most once for each Idempotency-Key.
//
// The lock of the key, the effect and the response are one transaction: a key in
// flight is recognised by its lock, and a crash leaves neither a partial effect nor a
// locked key.
func (g *Gateway) idempotent(r *http.Request, parameters any, do effect) (response, error) {
	key := r.Header.Get("Idempotency-Key")
	switch {
	case key == "":
		return refusal(http.StatusBadRequest, "idempotency_key_missing", "Every POST requires an Idempotency-Key."), nil
	case utf8.RuneCountInString(key) > maxKey:
		return refusal(http.StatusBadRequest, "idempotency_key_too_long", "An Idempotency-Key has at most 255 characters."), nil
	case !isText(key):
		return refusal(http.StatusBadRequest, "idempotency_key_invalid", "An Idempotency-Key is text in UTF-8."), nil
	}
	sum, err := fingerprint(r, parameters)
	if err != nil {
		return response{}, err
	}
	var a response
	ctx := r.Context()
	err = pg.InTx(ctx, g.pool, func(tx pgx.Tx) error {
		a, err = begin(ctx, tx, key, sum, do)
		return err
	})
	if decided, ok := errors.AsType[*rolledBack](err); ok {
		return decided.response, nil
	}
	if err != nil {
		return response{}, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	crashpoint.Reach("gateway committed", path.Base(r.URL.Path))
	g.queued.Notify()
	return a, nil
}

// rolledBack is a response that rolls the transaction back.
type rolledBack struct{ response }

func (*rolledBack) Error() string { return "rolled back" }

func begin(ctx context.Context, tx pgx.Tx, key, fingerprint string, do effect) (response, error) {
	var (
		known  string
		try    int
		status *int
		body   []byte
	)
	err := tx.QueryRow(ctx, `
		WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free)
		INSERT INTO requests (key, fingerprint) SELECT $1, $2 FROM lock WHERE free
		ON CONFLICT (key) DO UPDATE SET tries = requests.tries + 1
		RETURNING fingerprint, tries, status, body`, key, fingerprint).Scan(&known, &try, &status, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return response{}, &rolledBack{refusal(http.StatusConflict, "request_in_flight", "A request with this key is in progress. Repeat it later.")}
	}
	if err != nil {
		return response{}, fmt.Errorf("lock key: %w", err)
	}
	if known != fingerprint {
		return response{}, &rolledBack{refusal(http.StatusBadRequest, "idempotency_key_reused", "This key was used with other parameters.")}
	}
	if status != nil {
		return response{status: *status, body: body, replayed: true}, nil
	}
	a, err := do(ctx, tx, try)
	if err != nil || a.open {
		return a, err
	}
	pg.BatchOf(tx).Queue("store response", `UPDATE requests SET status = $2, body = $3 WHERE key = $1`, key, a.status, a.body)
	return a, nil
}

// fingerprint identifies the parameters of a request, whatever their spacing and
// order.
func fingerprint(r *http.Request, parameters any) (string, error) {
	canonical, err := json.Marshal(parameters)
	if err != nil {
		return "", fmt.Errorf("encode parameters: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s\n%s", r.Method, r.URL.Path, canonical))
	return hex.EncodeToString(sum[:]), nil
}

// parse decodes a request's JSON into parameters. If not ok, the response is the
// refusal.
func parse(r *http.Request, parameters any) (response, bool) {
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refusal(http.StatusRequestEntityTooLarge, "body_too_large", "A request has at most 64 KiB."), false
	}
	if err != nil {
		return refusal(http.StatusBadRequest, "body_unreadable", "The request was cut off."), false
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}") // parameters are optional for some operations
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	err = in.Decode(parameters)
	if err == nil && in.More() {
		err = errors.New("more than one value")
	}
	// Decoding undoes escapes that would hide a card number in the raw body.
	decoded, _ := json.Marshal(parameters)
	if cardnumber.In(string(body)) || cardnumber.In(string(decoded)) {
		return refusal(http.StatusBadRequest, "card_number_refused", "This looks like a card number. Send a token."), false
	}
	if err != nil {
		return refusal(http.StatusBadRequest, "parameter_invalid", "The request is not valid JSON for this route: "+err.Error()), false
	}
	return response{}, true
}

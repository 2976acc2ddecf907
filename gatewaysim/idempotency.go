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

	"github.com/jackc/pgx/v5"

	"cartograph/internal/cardnumber"
	"cartograph/internal/pg"
)

const (
	maxBody = 64 << 10
	maxKey  = 255 // bytes of an Idempotency-Key
)

// work is the effect of a request, inside the transaction that also keeps its
// answer. try counts the requests with this key, from 1.
type work func(ctx context.Context, tx pgx.Tx, try int) (answer, error)

// once does the work of a POST at most once for each Idempotency-Key.
//
// The key's lock, its effect and its answer are one transaction. So a key in
// flight is known by its lock, and a crash leaves neither a half-done effect
// nor a key that is locked for ever.
func (g *Gateway) once(r *http.Request, parameters any, do work) (answer, error) {
	key := r.Header.Get("Idempotency-Key")
	switch {
	case key == "":
		return refused(http.StatusBadRequest, "idempotency_key_missing", "Every POST needs an Idempotency-Key."), nil
	case len(key) > maxKey:
		return refused(http.StatusBadRequest, "idempotency_key_too_long", "An Idempotency-Key has at most 255 bytes."), nil
	case !isText(key):
		return refused(http.StatusBadRequest, "idempotency_key_invalid", "An Idempotency-Key is text in UTF-8."), nil
	}
	asked, err := fingerprint(r, parameters)
	if err != nil {
		return answer{}, err
	}
	var a answer
	ctx := r.Context()
	err = pg.InTx(ctx, g.pool, func(tx pgx.Tx) error {
		a, err = begin(ctx, tx, key, asked, do)
		return err
	})
	if decided, ok := errors.AsType[*undone](err); ok {
		return decided.answer, nil
	}
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	g.wake()
	return a, nil
}

// undone is an answer that rolls the transaction back.
type undone struct{ answer }

func (*undone) Error() string { return "rolled back" }

func begin(ctx context.Context, tx pgx.Tx, key, asked string, do work) (answer, error) {
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
		RETURNING fingerprint, tries, status, body`, key, asked).Scan(&known, &try, &status, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return answer{}, &undone{refused(http.StatusConflict, "request_in_flight", "A request with this key is being worked on. Repeat it later.")}
	}
	if err != nil {
		return answer{}, fmt.Errorf("open the key: %w", err)
	}
	if known != asked {
		return answer{}, &undone{refused(http.StatusBadRequest, "idempotency_key_reused", "This key was used with other parameters.")}
	}
	if status != nil {
		return answer{status: *status, body: body, replayed: true}, nil
	}
	a, err := do(ctx, tx, try)
	if err != nil || a.open {
		return a, err
	}
	if err := pg.Later(ctx, tx, `UPDATE requests SET status = $2, body = $3 WHERE key = $1`, key, a.status, a.body); err != nil {
		return answer{}, fmt.Errorf("keep the answer: %w", err)
	}
	return a, nil
}

// fingerprint names a request by what it asks. Spacing and the order of
// parameters do not matter.
func fingerprint(r *http.Request, parameters any) (string, error) {
	canonical, err := json.Marshal(parameters)
	if err != nil {
		return "", fmt.Errorf("encode parameters: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s\n%s", r.Method, r.URL.Path, canonical))
	return hex.EncodeToString(sum[:]), nil
}

// parse reads a request's JSON into parameters. Not ok means that the answer
// is already known.
func parse(r *http.Request, parameters any) (answer, bool) {
	body, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refused(http.StatusRequestEntityTooLarge, "body_too_large", "A request has at most 64 KiB."), false
	}
	if err != nil {
		return refused(http.StatusBadRequest, "body_unreadable", "The request broke off."), false
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}") // not every operation has parameters
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	err = in.Decode(parameters)
	if err == nil && in.More() {
		err = errors.New("more than one value")
	}
	// Decoding undoes escapes that would hide a number from the first look.
	decoded, _ := json.Marshal(parameters)
	if cardnumber.In(string(body)) || cardnumber.In(string(decoded)) {
		return refused(http.StatusBadRequest, "card_number_refused", "This looks like a card number. Send a token."), false
	}
	if err != nil {
		return refused(http.StatusBadRequest, "parameter_invalid", "The request is not valid JSON for this route: "+err.Error()), false
	}
	return answer{}, true
}

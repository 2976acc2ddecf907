package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cartograph/internal/event"
	"cartograph/internal/fetch"
)

// maxResponse is how much of a response is read, so that its connection can be used
// again. Nothing of it is stored.
const maxResponse = 16 << 10

// newHTTPClient returns a client that connects to public addresses only, by the rule of
// package fetch, and returns redirects as they are.
func newHTTPClient(allowPrivate bool) *http.Client {
	return &http.Client{
		Transport:     fetch.NewTransport(allowPrivate),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A message is one attempt.
type message struct {
	url          string
	secrets      []string // each signs
	event        event.Envelope
	body         []byte
	payloadError string // why the body is the event as it is, although there is a query
	at           time.Time
}

// post sends a message and returns the status of the response; 0 without one.
func (w *Worker) post(ctx context.Context, m message) (int, error) {
	u, err := url.Parse(m.url)
	if err != nil {
		return 0, fetch.ErrScheme
	}
	if err := fetch.CheckURL(u, w.private); err != nil {
		return 0, err
	}
	signature, err := m.signature()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(m.body))
	if err != nil {
		return 0, fetch.ErrScheme
	}
	req.Header.Set("Content-Type", event.ContentType)
	req.Header.Set("User-Agent", "Cartograph-Webhooks/1")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.event.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(m.at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := w.http.Do(req)
	if err != nil {
		return 0, reason(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.CopyN(io.Discard, res.Body, maxResponse); err != nil && !errors.Is(err, io.EOF) && ctx.Err() != nil {
		return res.StatusCode, errTimeout
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return res.StatusCode, &fetch.StatusError{Status: res.StatusCode}
	}
	return res.StatusCode, nil
}

// signature is the header of the specification: a signature by each secret. Receivers
// accept a message if one of them is right.
func (m message) signature() (string, error) {
	signatures := make([]string, len(m.secrets))
	for i, secret := range m.secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", err
		}
		if signatures[i], err = signer.Sign(m.event.ID, m.at, m.body); err != nil {
			return "", err
		}
	}
	return strings.Join(signatures, " "), nil
}

var errTimeout = errors.New("the server did not answer in time")

// reason is the error as the owner of the endpoint reads it: without the URL, which may
// have a secret, and without the addresses of this network.
func reason(err error) error {
	switch {
	case errors.Is(err, fetch.ErrForbiddenAddress):
		return fetch.ErrForbiddenAddress
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return errTimeout
	}
	// The texts of these have the addresses of both ends, and of the name server.
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%w: lookup: %s", errNoConnection, e.Err)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%w: %s: %w", errNoConnection, e.Op, e.Err)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return fmt.Errorf("%w: %.200s", errNoConnection, err.Error())
}

var errNoConnection = errors.New("the connection failed")

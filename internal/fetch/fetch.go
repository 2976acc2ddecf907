// Package fetch makes HTTP requests to addresses that others choose: the picture
// of a catalogue file. Its transport is for others that do: the delivery of webhooks.
//
// Such a request must not reach what only this process can: its own machine and
// network. Names are resolved by the dialer, and the rule is applied to the address
// that is connected to, so a name that resolves differently the second time, and a
// redirect, are checked like the first request. No proxy of the environment is
// used: it would resolve the name itself.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"cartograph/internal/limiter"
)

// Config bounds a Client.
type Config struct {
	// AllowPrivate admits addresses and ports that are not public. It is for
	// demos and tests, whose peers run on this machine.
	AllowPrivate bool
	MaxBytes     int64         // of a response's body
	Timeout      time.Duration // of a request with its redirects and body
	Concurrent   int           // requests at once; others wait for as long as their context
}

// The failures that are the address's. Others are of the network.
var (
	ErrScheme    = errors.New("only http and https are fetched")
	ErrPort      = errors.New("only the ports 80 and 443 are fetched")
	ErrRedirects = errors.New("too many redirects")
	ErrTooLarge  = errors.New("the response is too large")
)

const maxRedirects = 5

// Client fetches. It is safe for concurrent use.
type Client struct {
	cfg   Config
	http  *http.Client
	slots *limiter.Limiter
}

// New returns a client.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg, slots: limiter.New(limiter.Config{Concurrent: cfg.Concurrent, Queue: limiter.Unbounded})}
	c.http = &http.Client{Transport: NewTransport(cfg.AllowPrivate), CheckRedirect: c.checkRedirect}
	return c
}

// NewTransport returns a transport that connects to public addresses only, unless
// private ones are allowed.
func NewTransport(allowPrivate bool) *http.Transport {
	return &http.Transport{
		DialContext:            Dialer(allowPrivate).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        10 * time.Second,
		DisableCompression:     true, // a bound on compressed bytes is none
		ForceAttemptHTTP2:      true,
	}
}

// Dialer returns a dialer that refuses addresses which are not public, unless
// private ones are allowed. The check sees the address after the name has been
// resolved, immediately before the connection.
func Dialer(allowPrivate bool) *net.Dialer {
	d := &net.Dialer{Timeout: 5 * time.Second}
	if !allowPrivate {
		d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if !Public(a.Addr()) {
				return ErrForbiddenAddress
			}
			return nil
		}
	}
	return d
}

// CheckURL returns why an address is never fetched. One that passes may still
// resolve to an address that is refused.
func (c *Client) CheckURL(u *url.URL) error { return CheckURL(u, c.cfg.AllowPrivate) }

// CheckURL returns why no client connects to an address.
func CheckURL(u *url.URL, allowPrivate bool) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ErrScheme
	}
	if port := u.Port(); !allowPrivate && port != "" && port != "80" && port != "443" {
		return ErrPort
	}
	return nil
}

func (c *Client) checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrRedirects
	}
	return c.CheckURL(r.URL)
}

// StatusError is a response without the content.
type StatusError struct{ Status int }

func (e *StatusError) Error() string { return fmt.Sprintf("the server answered %d", e.Status) }

// Get returns the body at an address, all of it in memory.
func (c *Client) Get(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, ErrScheme
	}
	if err := c.CheckURL(u); err != nil {
		return nil, err
	}
	if err := c.slots.Acquire(ctx); err != nil {
		return nil, err
	}
	defer c.slots.Release()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, ErrScheme
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, &StatusError{res.StatusCode}
	}
	if res.ContentLength > c.cfg.MaxBytes {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, c.cfg.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > c.cfg.MaxBytes {
		return nil, ErrTooLarge
	}
	return body, nil
}

// reason is the error without the address, which may hold a secret.
func reason(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

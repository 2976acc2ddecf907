package main

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// transport opens each connection to this machine from another loopback address:
// customers do not come from one address, which has limits of its own.
func transport(target string) *http.Transport {
	t := &http.Transport{MaxIdleConns: 4096, MaxIdleConnsPerHost: 4096, IdleConnTimeout: 10 * time.Second, DisableCompression: true}
	u, err := url.Parse(target)
	if err != nil {
		return t
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.Is4() || !ip.IsLoopback() {
		return t
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		from := net.IPv4(127, 1, byte(rand.IntN(256)), byte(1+rand.IntN(254))) //nolint:gosec // load, not secrets
		return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(ctx, network, address)
	}
	return t
}

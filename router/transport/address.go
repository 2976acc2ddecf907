package transport

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"cartograph/internal/auth"
)

// ClientAddress is the network address of the client. X-Forwarded-For is read
// from its end, one entry for each trusted proxy: entries before those were sent
// by the client and may be forged. Fewer entries than proxies mean that the
// request bypassed a proxy and may have forged them all; the address of the
// connection is used then.
func ClientAddress(r *http.Request, proxies int) string {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	if proxies <= 0 {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if len(hops) < proxies {
		return address
	}
	if hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-proxies])); err == nil {
		return hop.Unmap().String()
	}
	return address
}

// ignoredForwarding reports a request whose X-Forwarded-For is not read. Behind a
// proxy that is not configured as trusted, all clients share the limits of the
// proxy's address.
func ignoredForwarding(r *http.Request, proxies int) bool {
	return proxies <= 0 && r.Header["X-Forwarded-For"] != nil
}

// clientOf is the key by which streams are counted: the actor, or the network of
// an anonymous one.
func clientOf(caller auth.Caller, network string) string {
	if caller.ID != "" {
		return caller.ID
	}
	return network
}

package transport_test

import (
	"net/http"
	"testing"

	"cartograph/router/transport"
)

func TestForwardedAddressesAreTakenFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, forwarded string
		proxies         int
		want            string
	}{
		{"no proxy of ours", "6.6.6.6", 0, "192.0.2.7"},
		{"one proxy", "203.0.113.5", 1, "203.0.113.5"},
		{"what stands before our proxy's entry is a stranger's", "6.6.6.6, 203.0.113.5", 1, "203.0.113.5"},
		{"two proxies", "203.0.113.5, 10.0.0.1", 2, "203.0.113.5"},
		{"a proxy was passed by", "6.6.6.6", 2, "192.0.2.7"},
		{"nothing was forwarded", "", 1, "192.0.2.7"},
		{"nonsense was forwarded", "localhost", 1, "192.0.2.7"},
		{"an IPv4 address in IPv6 form", "::ffff:203.0.113.5", 1, "203.0.113.5"},
	} {
		r := &http.Request{RemoteAddr: "192.0.2.7:41000", Header: http.Header{"X-Forwarded-For": {c.forwarded}}}
		if got := transport.ClientAddress(r, c.proxies); got != c.want {
			t.Errorf("%s: peer = %s, want %s", c.name, got, c.want)
		}
	}
}

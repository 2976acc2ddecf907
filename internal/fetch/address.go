package fetch

import (
	"errors"
	"net/netip"
)

// ErrForbiddenAddress is returned for an address that is not on the public
// internet.
var ErrForbiddenAddress = errors.New("the address is not public")

// Public reports whether an address belongs to the public internet, so that a
// connection to it on behalf of a stranger reaches nothing of ours: not this
// machine, its network, or the metadata service of a cloud.
//
// Addresses that carry another one are refused in every form: which of the two a
// connection reaches depends on the network's translators.
func Public(a netip.Addr) bool {
	a = a.WithZone("")
	if a.Is4In6() {
		return false // no resolver returns this form, and sockets treat it as IPv4
	}
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return a.Is4() || global.Contains(a)
}

// global is the only part of IPv6 that is allocated to the public internet. NAT64, which
// carries IPv4 addresses, is outside of it.
var global = netip.MustParsePrefix("2000::/3")

// reserved are ranges of the IANA's special-purpose registries that netip does not
// classify.
var reserved = parse(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // carrier-grade NAT
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.31.196.0/24", // AS112
	"192.52.193.0/24", // AMT
	"192.88.99.0/24",  // relays of 6to4
	"192.175.48.0/24", // AS112
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocol assignments, with Teredo, which carries an IPv4 address
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4: carries an IPv4 address
	"3fff::/20",       // documentation
)

func parse(prefixes ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(prefixes))
	for i, p := range prefixes {
		parsed[i] = netip.MustParsePrefix(p)
	}
	return parsed
}

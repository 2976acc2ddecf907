package ratelimit

import (
	"maps"
	"net/netip"
	"slices"

	"cartograph/internal/auth"
)

// Policy says who may ask how much. What operations cost is counted per actor;
// of some fields at the root, those that are worth an attack, it is also
// counted how often they are asked: every one of them, whether they come in
// one operation under several aliases, in a batch, or one by one.
type Policy struct {
	Anonymous Rate // cost, per network address
	Guest     Rate // cost, per guest
	User      Rate // cost, per user
	Partner   Rate // cost, per API client whose key says nothing else

	Fields map[string]Field // by the name of a root field
}

// Field is how often one root field may be asked: by one actor, or from one
// network address. Guests are cheap to become, so what guards an account or
// an order is counted per address too, whoever asks.
type Field struct {
	Rate
	PerAddress Rate // zero: per actor only; the address counts for the anonymous
}

// DefaultPolicy is a shop's. One address may be a whole office, so its rates
// are wide. Wrong passwords for one e-mail address are the user subgraph's to
// count, ten in a quarter of an hour: only it reads the address as it is meant.
func DefaultPolicy() *Policy {
	signIn := Field{Rate: Rate{PerMinute: 20, Burst: 20}, PerAddress: Rate{PerMinute: 120, Burst: 600}}
	return &Policy{
		Anonymous: Rate{PerMinute: 120_000, Burst: 120_000},
		Guest:     Rate{PerMinute: 60_000, Burst: 60_000},
		User:      Rate{PerMinute: 60_000, Burst: 60_000},
		Partner:   Rate{PerMinute: 120_000, Burst: 60_000},
		Fields: map[string]Field{
			"userLogin":            signIn,
			"userRegister":         signIn,
			"guestSessionCreate":   {Rate: Rate{PerMinute: 600, Burst: 1200}, PerAddress: Rate{PerMinute: 600, Burst: 1200}},
			"passwordReset":        signIn,
			"passwordResetRequest": signIn,
			"passwordChange":       {Rate: Rate{PerMinute: 6, Burst: 12}},
			"orderLookup":          {Rate: Rate{PerMinute: 20, Burst: 30}, PerAddress: Rate{PerMinute: 60, Burst: 120}},
			"checkoutCreate":       {Rate: Rate{PerMinute: 60, Burst: 60}, PerAddress: Rate{PerMinute: 1200, Burst: 1200}},
		},
	}
}

// Spending is what one client request asks, its operations together.
type Spending struct {
	Cost   int
	Fields []string // root fields, each as often as it is asked
}

// Takes are the buckets that a caller's request needs: first the actor's own,
// then those of its fields, sorted by name.
func (p *Policy) Takes(caller auth.Caller, s Spending) []Take {
	who, own := p.actor(caller)
	// One request may be dearer than a small bucket holds, and then takes all of it.
	takes := []Take{{Key: "cost:" + who, Rate: own, N: min(max(s.Cost, 1), own.Burst)}}
	counts := p.counts(s.Fields)
	if len(counts) == 0 {
		return takes
	}
	address := "address:" + network(caller.Address)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		field := p.Fields[name]
		if who != address {
			takes = append(takes, Take{Field: name, Key: name + ":" + who, Rate: field.Rate, N: counts[name]})
		}
		switch {
		case field.PerAddress.PerMinute > 0:
			takes = append(takes, Take{Field: name, Key: name + ":" + address, Rate: field.PerAddress, N: counts[name]})
		case who == address:
			takes = append(takes, Take{Field: name, Key: name + ":" + who, Rate: field.Rate, N: counts[name]})
		}
	}
	return takes
}

// counts are how often each field that is counted is asked; nil if none is.
func (p *Policy) counts(fields []string) map[string]int {
	var counts map[string]int
	for _, name := range fields {
		if _, counted := p.Fields[name]; !counted {
			continue
		}
		if counts == nil {
			counts = map[string]int{}
		}
		counts[name]++
	}
	return counts
}

// actor names who is charged, and how much they may ask.
func (p *Policy) actor(caller auth.Caller) (string, Rate) {
	switch {
	case caller.ID == "":
	case caller.Kind == auth.Guest:
		return "guest:" + caller.ID, p.Guest
	case caller.Kind == auth.User:
		return "user:" + caller.ID, p.User
	case caller.Kind == auth.APIClient && caller.PerMinute > 0:
		return "client:" + caller.ID, Rate{PerMinute: float64(caller.PerMinute), Burst: caller.PerMinute}
	case caller.Kind == auth.APIClient:
		return "client:" + caller.ID, p.Partner
	}
	return "address:" + network(caller.Address), p.Anonymous
}

// network is what stands for one customer of the net: an IPv4 address, or the
// /64 of an IPv6 address, all of which one customer has.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		const customer = 64 // bits
		return netip.PrefixFrom(ip, customer).Masked().String()
	}
	return ip.String()
}

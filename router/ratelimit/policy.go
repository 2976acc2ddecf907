package ratelimit

import (
	"maps"
	"slices"

	"cartograph/internal/auth"
)

// Policy is how much each kind of caller may request. The price of a request and
// the cost of its operations are charged to its actor. Some root fields, those
// worth an attack, are counted besides: each occurrence, whether several come in
// one operation under aliases, in a batch, or one by one.
type Policy struct {
	Anonymous Rate // cost, per network address
	Guest     Rate // cost, per guest
	User      Rate // cost, per user
	APIClient Rate // cost, per API client whose key has no rate of its own
	// PerAddress is the cost that guests and users of one network address share:
	// one client can have many sessions. Zero: no limit beside their own.
	PerAddress Rate

	// Request is the price of any request, also of one that is refused: it covers
	// reading, parsing and planning. Bytes is for how many bytes of a decompressed
	// request one more is charged. Zero: nothing.
	Request, Bytes int

	Fields map[string]Field // by the name of a root field
}

// Field limits one root field, per actor and per network address. A client can
// start any number of guest sessions, so a field that guards an account needs a
// rate per address as well, which counts whoever the actor is.
type Field struct {
	Rate
	PerAddress Rate // zero: per actor only; an anonymous actor is its address
}

// DefaultPolicy limits costs and no field by name. One address may be a whole
// office, so its rate is wide.
func DefaultPolicy() *Policy {
	return &Policy{
		Anonymous: Rate{PerMinute: 120_000, Burst: 120_000},
		Guest:     Rate{PerMinute: 60_000, Burst: 60_000},
		User:      Rate{PerMinute: 60_000, Burst: 60_000},
		APIClient: Rate{PerMinute: 120_000, Burst: 60_000},
		// Ten guests at their full rate.
		PerAddress: Rate{PerMinute: 600_000, Burst: 600_000},
		Request:    5,
		Bytes:      128,
	}
}

// Price is what so many operations in one request of so many bytes are charged
// before anything of it is parsed.
func (p *Policy) Price(operations, bytes int) int {
	price := p.Request * operations
	if p.Bytes > 0 {
		price += bytes / p.Bytes
	}
	return price
}

// Usage is what one client request consumes, its operations together.
type Usage struct {
	Price  int      // see Policy.Price; reserved before
	Cost   int      // of the operations
	Fields []string // root fields, each as often as it occurs
}

// Takes lists the tokens that a caller's request needs: first the actor's cost,
// then its address's, then those of its fields, sorted by name.
func (p *Policy) Takes(caller auth.Caller, u Usage) []Take {
	actor, rate := p.actor(caller)
	takes := []Take{costOf("cost:"+actor, rate, u)}
	if caller.ID != "" && caller.Kind != auth.APIClient && p.PerAddress.Burst > 0 {
		takes = append(takes, costOf("cost:all:"+caller.Network(), p.PerAddress, u))
	}
	counts := p.counts(u.Fields)
	if len(counts) == 0 {
		return takes
	}
	address := "address:" + caller.Network()
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		field := p.Fields[name]
		if actor != address {
			takes = append(takes, Take{Field: name, Key: name + ":" + actor, Rate: field.Rate, N: counts[name]})
		}
		switch {
		case field.PerAddress.PerMinute > 0:
			takes = append(takes, Take{Field: name, Key: name + ":" + address, Rate: field.PerAddress, N: counts[name]})
		case actor == address:
			takes = append(takes, Take{Field: name, Key: name + ":" + actor, Rate: field.Rate, N: counts[name]})
		}
	}
	return takes
}

// costOf is the price and the cost, at least one token. A request may cost more
// than a small bucket holds. It then empties the bucket; requesting more would
// refuse it forever.
func costOf(key string, rate Rate, u Usage) Take {
	return Take{Key: key, Rate: rate, N: min(max(u.Price+u.Cost, 1), rate.Burst), Reserved: min(u.Price, rate.Burst)}
}

// Reservation lists the tokens of a request's price, which are taken before the
// request is parsed; none if the policy has no price.
func (p *Policy) Reservation(caller auth.Caller, price int) []Take {
	if price == 0 {
		return nil
	}
	takes := p.Takes(caller, Usage{Price: price})
	for i := range takes {
		takes[i].Reserved = 0
	}
	return takes
}

// counts is how often each limited field occurs; nil if none does.
func (p *Policy) counts(fields []string) map[string]int {
	var counts map[string]int
	for _, name := range fields {
		if _, limited := p.Fields[name]; !limited {
			continue
		}
		if counts == nil {
			counts = map[string]int{}
		}
		counts[name]++
	}
	return counts
}

// actor is the key of who is charged, and the rate of its costs.
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
		return "client:" + caller.ID, p.APIClient
	}
	return "address:" + caller.Network(), p.Anonymous
}

package ratelimit

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"cartograph/internal/auth"
)

func ping(ctx context.Context, r goredis.Cmdable) error { return r.Ping(ctx).Err() }

func TestActorsAndAddressesAreChargedByThePolicy(t *testing.T) {
	t.Parallel()
	p := &Policy{
		Anonymous: Rate{1, 10}, Guest: Rate{2, 20}, User: Rate{3, 30}, APIClient: Rate{4, 40},
		PerAddress: Rate{8, 80},
		Fields: map[string]Field{
			"login": {Rate: Rate{5, 5}, PerAddress: Rate{6, 6}},
			"open":  {Rate: Rate{7, 7}},
		},
	}
	caller := func(kind auth.Kind, id, address string) auth.Caller {
		return auth.Caller{Actor: auth.Actor{Kind: kind, ID: id}, Address: address}
	}
	all := func(n int) Take { return Take{Key: "cost:all:192.0.2.1", Rate: Rate{8, 80}, N: n} }
	partner := caller(auth.APIClient, "api_2", "192.0.2.1")
	partner.PerMinute = 90
	for name, c := range map[string]struct {
		caller auth.Caller
		usage  Usage
		want   []Take
	}{
		"anonymous": {
			caller(auth.Anonymous, "", "192.0.2.1"),
			Usage{Cost: 7, Fields: []string{"products", "login", "login"}},
			[]Take{
				{Key: "cost:address:192.0.2.1", Rate: Rate{1, 10}, N: 7},
				{Field: "login", Key: "login:address:192.0.2.1", Rate: Rate{6, 6}, N: 2},
			},
		},
		"anonymous, a field without a rate per address": {
			caller(auth.Anonymous, "", "192.0.2.1"),
			Usage{Fields: []string{"open"}},
			[]Take{
				{Key: "cost:address:192.0.2.1", Rate: Rate{1, 10}, N: 1},
				{Field: "open", Key: "open:address:192.0.2.1", Rate: Rate{7, 7}, N: 1},
			},
		},
		"a guest": {
			caller(auth.Guest, "gst_1", "192.0.2.1"),
			Usage{Cost: 1, Fields: []string{"open", "login", "open"}},
			[]Take{
				{Key: "cost:guest:gst_1", Rate: Rate{2, 20}, N: 1},
				{Key: "cost:all:192.0.2.1", Rate: Rate{8, 80}, N: 1},
				{Field: "login", Key: "login:guest:gst_1", Rate: Rate{5, 5}, N: 1},
				{Field: "login", Key: "login:address:192.0.2.1", Rate: Rate{6, 6}, N: 1},
				{Field: "open", Key: "open:guest:gst_1", Rate: Rate{7, 7}, N: 2},
			},
		},
		"a user":                         {caller(auth.User, "usr_1", "192.0.2.1"), Usage{Cost: 2}, []Take{{Key: "cost:user:usr_1", Rate: Rate{3, 30}, N: 2}, all(2)}},
		"a partner":                      {caller(auth.APIClient, "api_1", "x"), Usage{Cost: 2}, []Take{{Key: "cost:client:api_1", Rate: Rate{4, 40}, N: 2}}},
		"a partner's own limit":          {partner, Usage{Cost: 2}, []Take{{Key: "cost:client:api_2", Rate: Rate{90, 90}, N: 2}}},
		"costs more than a bucket holds": {caller(auth.User, "usr_1", "192.0.2.1"), Usage{Cost: 31}, []Take{{Key: "cost:user:usr_1", Rate: Rate{3, 30}, N: 30}, all(31)}},
		"a price": {
			caller(auth.User, "usr_1", "192.0.2.1"),
			Usage{Price: 5, Cost: 7},
			[]Take{
				{Key: "cost:user:usr_1", Rate: Rate{3, 30}, N: 12, Reserved: 5},
				{Key: "cost:all:192.0.2.1", Rate: Rate{8, 80}, N: 12, Reserved: 5},
			},
		},
		"IPv6 by network": {caller(auth.Anonymous, "", "2001:db8:1:2:3:4:5:6"), Usage{}, []Take{{Key: "cost:address:2001:db8:1:2::/64", Rate: Rate{1, 10}, N: 1}}},
		"IPv4 in IPv6":    {caller(auth.Anonymous, "", "::ffff:192.0.2.1"), Usage{}, []Take{{Key: "cost:address:192.0.2.1", Rate: Rate{1, 10}, N: 1}}},
		"no address":      {caller(auth.Anonymous, "", ""), Usage{}, []Take{{Key: "cost:address:unknown", Rate: Rate{1, 10}, N: 1}}},
	} {
		if diff := cmp.Diff(c.want, p.Takes(c.caller, c.usage)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryRequestHasAPrice(t *testing.T) {
	t.Parallel()
	p := &Policy{Anonymous: Rate{1, 100}, Request: 5, Bytes: 256}
	for _, c := range []struct{ operations, bytes, want int }{{1, 0, 5}, {1, 255, 5}, {1, 256, 6}, {3, 1 << 20, 15 + 4096}} {
		if got := p.Price(c.operations, c.bytes); got != c.want {
			t.Errorf("%d operations in %d bytes cost %d, want %d", c.operations, c.bytes, got, c.want)
		}
	}
	anonymous := auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, Address: "192.0.2.1"}
	want := []Take{{Key: "cost:address:192.0.2.1", Rate: Rate{1, 100}, N: 9}}
	if diff := cmp.Diff(want, p.Reservation(anonymous, 9)); diff != "" {
		t.Errorf("reservation (-want +got):\n%s", diff)
	}
	if got := new(Policy).Reservation(anonymous, 0); len(got) > 0 {
		t.Errorf("without a price %v is reserved", got)
	}
}

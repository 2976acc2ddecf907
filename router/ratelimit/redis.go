package ratelimit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cartograph/router/redis"
)

// redisBuckets holds buckets in Redis, each under its key as the number that
// fullAt describes. All keys of a request go into one script: one round trip,
// and atomic, since Redis runs nothing else meanwhile. That needs all keys on
// one server; in a cluster, "router:rate:" must not be split.
type redisBuckets struct{ client *redis.Client }

// takeScript is decide for several buckets. Reasons for what is not obvious:
//
//   - The clock is Redis's own, so that routers whose clocks differ agree.
//   - All buckets are decided before any is written: all or none.
//   - A key expires when its bucket is full, rounded up to a millisecond and one
//     more: expiring early would refill the bucket early.
//   - Numbers leave as text with three decimals: Redis truncates a Lua number
//     to an integer, and tostring keeps 14 digits of the 16 a time has.
//
// ARGV holds interval (µs), burst and N for each key. The reply is the 1-based
// index of the exhausted bucket or 0, the wait (µs), and for each bucket the
// time until it is full (µs).
var takeScript = goredis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local exhausted, maxWait, before, after = 0, 0, {}, {}
for i, key in ipairs(KEYS) do
  local interval, burst, n = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
  before[i] = math.max(tonumber(redis.call('GET', key) or 0), now)
  after[i] = before[i] + n * interval
  local wait = after[i] - burst * interval - now
  if wait >= 1 and wait > maxWait then exhausted, maxWait = i, wait end
end
local out = {exhausted, string.format('%.3f', maxWait)}
for i, key in ipairs(KEYS) do
  local full = before[i]
  if exhausted == 0 then
    full = after[i]
    if full > now then
      redis.call('SET', key, string.format('%.3f', full), 'PX', math.ceil((full - now) / 1000) + 1)
    end
  end
  out[i+2] = string.format('%.3f', full - now)
end
return out
`)

const keyPrefix = "router:rate:"

func (s *redisBuckets) take(ctx context.Context, takes []Take) (Decision, error) {
	keys, args := make([]string, len(takes)), make([]any, 0, 3*len(takes))
	for i, t := range takes {
		keys[i] = keyPrefix + t.Key
		args = append(args, strconv.FormatFloat(t.Rate.interval(), 'f', -1, 64), t.Rate.Burst, t.N)
	}
	var reply []any
	err := s.client.Do(ctx, func(ctx context.Context, r goredis.Cmdable) (err error) {
		reply, err = takeScript.Run(ctx, r, keys, args...).Slice()
		return err
	})
	if err != nil {
		return Decision{}, err
	}
	return decisionOf(reply, takes)
}

// decisionOf reads the script's reply. Another router version may have written
// the keys, so nothing of it is taken on trust.
func decisionOf(reply []any, takes []Take) (Decision, error) {
	unexpected := func() (Decision, error) {
		return Decision{}, fmt.Errorf("unexpected reply of the rate limit script: %v", reply)
	}
	if len(reply) != len(takes)+2 {
		return unexpected()
	}
	exhausted, ok := reply[0].(int64)
	if !ok {
		return unexpected()
	}
	d := Decision{Allowed: exhausted == 0, Exhausted: max(int(exhausted)-1, 0), States: make([]State, len(takes))}
	micros := make([]float64, len(reply)-1)
	for i, v := range reply[1:] {
		text, _ := v.(string)
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return unexpected()
		}
		micros[i] = n
	}
	d.RetryAfter = time.Duration(micros[0] * float64(time.Microsecond))
	for i, t := range takes {
		// The script's times are relative to its own now.
		d.States[i] = stateAt(micros[i+1], 0, t.Rate)
	}
	return d, nil
}

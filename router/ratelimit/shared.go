package ratelimit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cartograph/router/redis"
)

// shared holds buckets in Redis, each as the number that fullAt tells of. A
// key lives as long as its bucket is not full. All the keys of a request go
// into one script: that is one round trip and, in Redis, one moment. It needs
// them on one server, so a cluster must keep "router:rate:" in one place.
type shared struct{ client *redis.Client }

// takeAll is decide for several buckets by Redis's own clock, so that routers
// whose clocks differ agree. ARGV holds the interval, the burst and the tokens
// for each key. It answers with the place of the bucket that is short, or 0,
// the wait, and for each bucket how far off full is, in microseconds. Numbers
// are written out, since Lua shortens long ones.
var takeAll = goredis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local short, longest, before, after = 0, 0, {}, {}
for i, key in ipairs(KEYS) do
  local interval, burst, n = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
  before[i] = math.max(tonumber(redis.call('GET', key) or 0), now)
  after[i] = before[i] + n * interval
  local wait = after[i] - burst * interval - now
  if wait >= 1 and wait > longest then short, longest = i, wait end
end
local out = {short, string.format('%.3f', longest)}
for i, key in ipairs(KEYS) do
  local full = before[i]
  if short == 0 then
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

func (s *shared) take(ctx context.Context, takes []Take) (Decision, error) {
	keys, args := make([]string, len(takes)), make([]any, 0, 3*len(takes))
	for i, t := range takes {
		keys[i] = keyPrefix + t.Key
		args = append(args, strconv.FormatFloat(t.Rate.interval(), 'f', -1, 64), t.Rate.Burst, t.N)
	}
	var answer []any
	err := s.client.Do(ctx, func(ctx context.Context, r goredis.Cmdable) (err error) {
		answer, err = takeAll.Run(ctx, r, keys, args...).Slice()
		return err
	})
	if err != nil {
		return Decision{}, err
	}
	return decisionOf(answer, takes)
}

func decisionOf(answer []any, takes []Take) (Decision, error) {
	if len(answer) != len(takes)+2 {
		return Decision{}, fmt.Errorf("rate limit script answered %v", answer)
	}
	short, ok := answer[0].(int64)
	if !ok {
		return Decision{}, fmt.Errorf("rate limit script answered %v", answer)
	}
	d := Decision{Allowed: short == 0, Short: max(int(short)-1, 0), States: make([]State, len(takes))}
	numbers := make([]float64, len(answer)-1)
	for i, v := range answer[1:] {
		text, _ := v.(string)
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Decision{}, fmt.Errorf("rate limit script answered %v", answer)
		}
		numbers[i] = n
	}
	d.Retry = time.Duration(numbers[0] * float64(time.Microsecond))
	for i, t := range takes {
		d.States[i] = stateAt(numbers[i+1], 0, t.Rate)
	}
	return d, nil
}

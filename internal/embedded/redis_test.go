package embedded_test

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"cartograph/internal/embedded"
)

func TestRedisKeysExpireByTheClock(t *testing.T) {
	t.Parallel()
	server, err := embedded.StartRedis("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Set(t.Context(), "price", "12.00", 50*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := client.Get(t.Context(), "price").Result(); got != "12.00" {
		t.Errorf("price = %q, %v, want 12.00", got, err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for !errors.Is(client.Get(t.Context(), "price").Err(), redis.Nil) {
		if time.Now().After(deadline) {
			t.Fatal("the key is still there after 10 s")
		}
	}
}

func TestRedisAddressInUse(t *testing.T) {
	t.Parallel()
	first, err := embedded.StartRedis("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	if second, err := embedded.StartRedis(first.Addr()); err == nil {
		second.Close()
		t.Error("two servers have one address")
	}
}

package user

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cartograph/internal/fault"
)

func TestABurstOfWrongPasswordsDoesNotDelayAnotherNetwork(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "ada@demo.test")
	var checked, refused, began atomic.Int32
	alone := time.Now()
	if _, _, err := s.Login(from(t, "198.51.100.1"), Credentials{Email: "ada@demo.test", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	usual := time.Since(alone)
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			began.Add(1)
			_, _, err := s.Login(from(t, "192.0.2.1"), Credentials{Email: strconv.Itoa(i) + "@demo.test", Password: wrongPassword})
			switch fault.CodeOf(err) {
			case "CREDENTIALS_INVALID":
				checked.Add(1)
			case "RATE_LIMITED":
				if !strings.Contains(err.Error(), "in ") { // "in 3 seconds"
					t.Errorf("refused without a time: %v", err)
				}
				refused.Add(1)
			default:
				t.Errorf("login: %v", err)
			}
		})
	}
	for began.Load() < 200 {
		runtime.Gosched()
	}
	at := time.Now()
	if _, _, err := s.Login(from(t, "198.51.100.1"), Credentials{Email: "ada@demo.test", Password: goodPassword}); err != nil {
		t.Errorf("the login from another network: %v", err)
	}
	took := time.Since(at)
	wg.Wait()
	t.Logf("the other login took %v, %v alone; of 400, %d were checked and %d refused", took, usual, checked.Load(), refused.Load())
	if took > time.Second+5*usual {
		t.Errorf("the login from another network took %v, alone %v", took, usual)
	}
	if refused.Load() == 0 {
		t.Error("none of 400 was refused")
	}
}

// What is hashed for one network does not occupy all slots until it is done.
func TestNetworksTakeTurnsWithHashes(t *testing.T) {
	t.Parallel()
	h := newHasher()
	var finished atomic.Int32
	var wg sync.WaitGroup
	for range maxWaitingOfNetwork {
		wg.Go(func() {
			if _, err := h.hash(from(t, "192.0.2.1"), goodPassword); err == nil { // else it waited too long
				finished.Add(1)
			}
		})
	}
	for h.slots.Waiting("192.0.2.1") < maxWaitingOfNetwork/2 {
		runtime.Gosched()
	}
	before := finished.Load()
	if _, err := h.hash(from(t, "198.51.100.1"), goodPassword); err != nil {
		t.Error(err)
	}
	if between := finished.Load() - before; int(between) > 6*runtime.GOMAXPROCS(0) {
		t.Errorf("%d hashes of another network were computed first, want one per slot or two", between)
	}
	wg.Wait()
}

func TestAPasswordIsNotHashedForACallerWhoHasLeft(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range runtime.GOMAXPROCS(0) {
		if err := h.slots.Acquire(t.Context(), "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, goodPassword); err == nil {
		t.Error("one more password was hashed than may be at once")
	}
	h.slots.Release()
	if _, err := h.hash(t.Context(), goodPassword); err != nil {
		t.Errorf("a free slot was not taken: %v", err)
	}
}

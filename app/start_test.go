package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cartograph/internal/server"
)

func TestATakenAddressFailsTheStartBeforeAnythingIsCreated(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for variable, set := range map[string]func(*Config, string){
		"ROUTER_LISTEN":  func(c *Config, address string) { c.Router.Listen = address },
		"PAYMENT_LISTEN": func(c *Config, address string) { c.Payment.Listen = address },
		"DEBUG_LISTEN":   func(c *Config, address string) { c.DebugListen = address },

		"OPERATIONS_LISTEN": func(c *Config, address string) { c.OperationsListen = address },
	} {
		cfg, err := configFrom(environment())
		if err != nil {
			t.Fatal(err)
		}
		cfg.Router.Listen = "127.0.0.1:0"
		cfg.DataDir = filepath.Join(t.TempDir(), "data")
		set(&cfg, taken.Addr().String())
		err = Run(t.Context(), cfg, slog.New(slog.DiscardHandler), Options{})
		if err == nil || !strings.Contains(err.Error(), variable+": "+taken.Addr().String()+" is in use") {
			t.Errorf("Run = %v, want %s named with the address", err, variable)
		}
		if _, err := os.Stat(cfg.DataDir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the data folder was created (%v)", variable, err)
		}
	}
}

func TestAStepIsPrintedWithItsTimeWhenItsLastPartHasEnded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	p.expect(migrationsStep, 2)
	nothing := func() error { return nil }
	if err := p.run(migrationsStep, nothing); err != nil || out.Len() > 0 {
		t.Errorf("after one of two parts: %v, printed %q, want nothing", err, out.String())
	}
	failure := errors.New("no disk")
	if err := p.run(migrationsStep, func() error { return failure }); !errors.Is(err, failure) || out.Len() > 0 {
		t.Errorf("a part that failed: %v, printed %q, want its error and nothing", err, out.String())
	}
	if err := p.run(migrationsStep, nothing); err != nil || !regexp.MustCompile(`^  migrations +\d+\.\d s\n$`).MatchString(out.String()) {
		t.Errorf("after the last part: %v, printed %q, want the step and its time", err, out.String())
	}
	var none *progress
	none.expect(demoStep, 1)
	if err := none.run(demoStep, nothing); err != nil {
		t.Errorf("without progress: %v", err)
	}
}

func TestHealthIsThatOfTheRolesThatListenHere(t *testing.T) {
	t.Parallel()
	serve := func(check server.Check) string {
		s := httptest.NewServer(server.Handle(http.NotFoundHandler(), check))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	ready := serve(func(context.Context) error { return nil })
	starting := serve(func(context.Context) error { return errors.New("the database is starting") })
	_, readyPort, _ := net.SplitHostPort(ready)
	var cfg Config
	cfg.Router.Listen, cfg.Cart.Listen, cfg.Order.Listen = "0.0.0.0:"+readyPort, ready, starting
	for _, tt := range []struct {
		roles []string
		out   string
		err   string
	}{
		{nil, "router: ready\n", ""},
		{[]string{"cart", "router"}, "cart: ready\nrouter: ready\n", ""},
		{[]string{"cart", "order"}, "cart: ready\n", "order: 503 Service Unavailable: not ready"},
		{[]string{"carts"}, "", `no role "carts"`},
	} {
		var out bytes.Buffer
		err := Health(t.Context(), cfg, tt.roles, &out)
		if out.String() != tt.out || (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
			t.Errorf("health of %q printed %q with error %v, want %q and %q", tt.roles, out.String(), err, tt.out, tt.err)
		}
	}
	var defaults Config
	for _, r := range roles() {
		if got, want := localURL(r, &defaults), "http://127.0.0.1:"+strconv.Itoa(r.port); got != want {
			t.Errorf("%s is checked at %s, want %s", r.name, got, want)
		}
	}
}

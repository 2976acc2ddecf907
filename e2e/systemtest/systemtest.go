// Package systemtest runs a whole cartograph for the end-to-end tests.
package systemtest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"cartograph/app"
	"cartograph/internal/pgtest"
)

// Config is the environment's configuration with blank databases, demo data, a data
// folder and a free address of the router's.
func Config(t testing.TB) app.Config {
	t.Helper()
	cfg, err := app.ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range app.DatabaseURLs(&cfg) {
		*url = pgtest.Blank(t)
	}
	cfg.SearchIndex.DatabaseURL = cfg.Product.DatabaseURL
	cfg.DataDir, cfg.Demo, cfg.Router.Listen = t.TempDir(), true, "127.0.0.1:0"
	return cfg
}

// Start runs all roles in this process until the test ends, and returns when they
// accept requests.
func Start(t testing.TB, cfg app.Config, options app.Options) app.Endpoints {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan app.Endpoints, 1), make(chan error, 1)
	options.Ready = func(e app.Endpoints) { ready <- e }
	go func() { ended <- app.Run(ctx, cfg, Logger(), options) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the system ended with: %v", err)
		}
	})
	select {
	case e := <-ready:
		return e
	case err := <-ended:
		ended <- err
		t.Fatalf("the system did not start: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the system is not ready after a minute")
	}
	return app.Endpoints{}
}

// Logger is silent unless E2E_LOG is set.
func Logger() *slog.Logger {
	out := io.Discard
	if os.Getenv("E2E_LOG") != "" {
		out = os.Stderr
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

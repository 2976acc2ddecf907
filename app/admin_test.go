package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/db"
)

func TestAdminCreateReadsThePasswordFromStandardInput(t *testing.T) {
	t.Parallel()
	var cfg Config
	cfg.User.DatabaseURL = pgtest.URL(t, db.Migrations())
	create := func(input string, words ...string) (string, error) {
		file := filepath.Join(t.TempDir(), "input")
		if err := os.WriteFile(file, []byte(input), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		a := administration{email: "root@shop.test", name: "Root"}
		var out, prompts bytes.Buffer
		err = a.run(t.Context(), cfg, words, in, &out, &prompts, slog.New(slog.DiscardHandler))
		return out.String(), err
	}
	for range 2 { // a repetition changes nothing
		out, err := create("kettles in the snow\r\nignored", "create")
		if err != nil || !strings.HasPrefix(out, "root@shop.test is an administrator (usr_") {
			t.Errorf("created: %q, %v", out, err)
		}
	}
	for input, want := range map[string]string{"": "at least", "teapots in the rain\n": "another password", "short\n": "at least"} {
		if out, err := create(input, "create"); err == nil || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("with input %q: %q, %v, want an error that has %q", input, out, err, want)
		}
	}
	if _, err := create("kettles in the snow\n", "appoint"); err == nil {
		t.Error("an unknown command succeeded")
	}
}

func TestAdminResetsASecondFactorOnTheServer(t *testing.T) {
	t.Parallel()
	var cfg Config
	cfg.User.DatabaseURL = pgtest.URL(t, db.Migrations())
	pool, err := pg.Open(t.Context(), cfg.User.DatabaseURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	_, root, err := user.NewService(pool, outbox.New(pool), slog.New(slog.DiscardHandler)).Register(t.Context(), user.Registration{
		Email: "root@shop.test", Password: "kettles in the snow", DisplayName: "Root", Locale: "en-US",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE users SET totp_enabled_at = now()"); err != nil {
		t.Fatal(err)
	}
	for userID, want := range map[string]string{root.ID: root.ID + " signs in without", "usr_01J0000000000000000000000X": "", "": ""} {
		a := administration{userID: userID}
		var out, prompts bytes.Buffer
		err := a.run(t.Context(), cfg, []string{"reset-second-factor"}, nil, &out, &prompts, slog.New(slog.DiscardHandler))
		if (err == nil) != (want != "") || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%q: %q, %v", userID, out.String(), err)
		}
	}
	var left int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM users WHERE totp_enabled_at IS NOT NULL").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d second factors are left, %v", left, err)
	}
}

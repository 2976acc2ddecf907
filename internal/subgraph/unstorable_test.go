package subgraph_test

import (
	"testing"
	"testing/fstest"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

func TestWhatPostgresCannotStoreIsKnown(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	for _, tt := range []struct {
		name, statement string
		argument        any
		want            bool
	}{
		{"a zero byte", "SELECT $1::text", "crt_\x00", true},
		{"a zero byte in a list", "SELECT $1::text[]", []string{"crt_1", "crt_\x00"}, true},
		{"no UTF-8", "SELECT $1::text", "crt_\xff", true},
		{"an escaped zero byte in JSON", "SELECT $1::jsonb ->> 'a'", `{"a": "\u0000"}`, true},
		{"no JSON", "SELECT $1::jsonb", `{`, false},
		{"no table", "SELECT $1::text FROM nosuch", "crt_1", false},
	} {
		_, err := pool.Exec(t.Context(), tt.statement, tt.argument)
		if err == nil || pg.IsUnstorable(err) != tt.want {
			t.Errorf("%s: %v is unstorable: %v, want %v", tt.name, err, pg.IsUnstorable(err), tt.want)
		}
	}
}

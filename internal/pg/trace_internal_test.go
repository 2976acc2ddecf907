package pg

import "testing"

func TestAStatementIsNamedByItsQuery(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"-- name: PlaceOrder :many\nWITH placed AS (SELECT 1)": "PlaceOrder",
		"\n\t\tselect id\n\t\tFROM outbox":                     "SELECT",
		"begin":                                                "BEGIN",
		"":                                                     "statement",
	} {
		if got := statementName(sql); got != want {
			t.Errorf("%q is named %q, want %q", sql, got, want)
		}
	}
}

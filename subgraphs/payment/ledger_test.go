package payment_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/pg"
)

func TestTheLedgerIsAppendOnlyAndBalances(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	p := s.captured(5000)
	for _, sql := range []string{
		`UPDATE postings SET amount_minor = 1`, `DELETE FROM postings`, `DELETE FROM journals`, `TRUNCATE journals CASCADE`,
		`UPDATE attempts SET outcome = 'FAILED'`, `DELETE FROM attempts`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want it refused as append-only", sql, err)
		}
	}
	book := func(postings string) error {
		return pg.InTx(t.Context(), s.pool, func(tx pgx.Tx) error {
			var journal int64
			err := tx.QueryRow(t.Context(), `INSERT INTO journals (payment_id, kind) VALUES ($1, 'VOIDED') RETURNING id`, p.ID).Scan(&journal)
			if err != nil || postings == "" {
				return err
			}
			_, err = tx.Exec(t.Context(), `INSERT INTO postings (journal_id, account, amount_minor, currency) SELECT $1, * FROM (VALUES `+postings+`) v`, journal)
			return err
		})
	}
	for name, postings := range map[string]string{
		"does not add up": `('sales', 5::bigint, 'USD'), ('refunds', -4::bigint, 'USD')`,
		"two currencies":  `('sales', 5::bigint, 'USD'), ('refunds', -5::bigint, 'EUR')`,
		"one side only":   `('sales', 5::bigint, 'USD')`,
		"no postings":     ``,
	} {
		if err := book(postings); !pg.IsCheck(err, "journals_balance") {
			t.Errorf("a journal that %s: %v, want it refused", name, err)
		}
	}
	late := `INSERT INTO postings (journal_id, account, amount_minor, currency) SELECT min(id), 'refunds', 1, 'USD' FROM journals`
	if _, err := s.pool.Exec(t.Context(), late); !pg.IsCheck(err, "journals_balance") {
		t.Errorf("a posting was added to an old journal: %v", err)
	}
	for name, sql := range map[string]string{
		"payments_captured_within_authorized": `UPDATE payments SET captured_minor = authorized_minor + 1`,
		"payments_refunds_within_captured":    `UPDATE payments SET refund_pending_minor = captured_minor + 1`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql); !pg.IsCheck(err, name) {
			t.Errorf("%s: %v, want %s", sql, err, name)
		}
	}
}

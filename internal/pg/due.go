package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// furthestDue is the furthest ahead that a due date is ever set: the longest pause
// between two attempts is an hour.
const furthestDue = 2 * time.Hour

// DueDates are the dates in a column at which work is due.
type DueDates struct {
	Table  string
	Column string
	Where  string // the rows whose work waits, as the column's partial index selects them
}

// Heal makes work due whose date is further ahead than any is set, and returns how
// many rows it changed. Such a date was written while the database's clock was
// ahead: when the clock is set back, the work would wait for as long as it was.
// Work that is due too early is done, or postponed by its own rules.
func (d DueDates) Heal(ctx context.Context, pool *pgxpool.Pool) (healed int64, err error) {
	table, column := pgx.Identifier{d.Table}.Sanitize(), pgx.Identifier{d.Column}.Sanitize()
	tag, err := pool.Exec(ctx, fmt.Sprintf(
		`UPDATE %s SET %s = now() WHERE %[2]s > now() + $1::interval AND (%s)`, table, column, d.Where), furthestDue)
	if err != nil {
		return 0, fmt.Errorf("heal due dates of %s: %w", d.Table, err)
	}
	return tag.RowsAffected(), nil
}

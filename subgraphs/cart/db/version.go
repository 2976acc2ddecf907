package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// IncrementVersion is IncrementCartVersion followed by LinesOfCarts, in one round
// trip.
func IncrementVersion(ctx context.Context, tx pgx.Tx, cartID string) (cart Cart, lines []CartLine, err error) {
	var b pgx.Batch
	b.Queue(incrementCartVersion, cartID).Query(func(rows pgx.Rows) (err error) {
		cart, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Cart])
		return err
	})
	b.Queue(linesOfCarts, []string{cartID}).Query(func(rows pgx.Rows) (err error) {
		lines, err = pgx.CollectRows(rows, pgx.RowToStructByName[CartLine])
		return err
	})
	return cart, lines, tx.SendBatch(ctx, &b).Close()
}

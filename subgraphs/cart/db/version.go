package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Touch is TouchCart and then LinesOfCarts, in one exchange.
func Touch(ctx context.Context, tx pgx.Tx, cartID string) (cart Cart, lines []CartLine, err error) {
	var b pgx.Batch
	b.Queue(touchCart, cartID).Query(func(rows pgx.Rows) (err error) {
		cart, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Cart])
		return err
	})
	b.Queue(linesOfCarts, []string{cartID}).Query(func(rows pgx.Rows) (err error) {
		lines, err = pgx.CollectRows(rows, pgx.RowToStructByPos[CartLine])
		return err
	})
	return cart, lines, tx.SendBatch(ctx, &b).Close()
}

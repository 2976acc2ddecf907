package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Querier is a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// ReadSynonyms returns the groups of terms that find each other.
func ReadSynonyms(ctx context.Context, q Querier) ([][]string, error) {
	rows, err := q.Query(ctx, "SELECT terms FROM search_synonyms ORDER BY position")
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	groups, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	if err != nil {
		return nil, fmt.Errorf("read synonyms: %w", err)
	}
	return groups, nil
}

// ReplaceSynonyms stores the groups in place of all others, which it returns. A
// concurrent call waits.
func ReplaceSynonyms(ctx context.Context, tx pgx.Tx, groups [][]string) (before [][]string, err error) {
	encoded, err := json.Marshal(groups)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE search_synonyms IN EXCLUSIVE MODE"); err != nil {
		return nil, err
	}
	if before, err = ReadSynonyms(ctx, tx); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM search_synonyms"); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `
INSERT INTO search_synonyms (position, terms)
SELECT g.position, ARRAY(SELECT jsonb_array_elements_text(g.terms))
FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS g (terms, position)`, string(encoded))
	return before, err
}

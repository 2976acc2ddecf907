package db

import (
	"context"

	"cartograph/internal/catalogue"
)

// TranslatedTable is a table whose rows have translations.
type TranslatedTable string

// The tables. Callers have locked the rows.
const (
	ProductTexts    TranslatedTable = "UPDATE products t SET translations = g.value FROM jsonb_each($1::jsonb) AS g WHERE t.id = g.key"
	CategoryTexts   TranslatedTable = "UPDATE categories t SET translations = g.value FROM jsonb_each($1::jsonb) AS g WHERE t.id = g.key"
	CollectionTexts TranslatedTable = "UPDATE collections t SET translations = g.value FROM jsonb_each($1::jsonb) AS g WHERE t.id = g.key"
	BrandTexts      TranslatedTable = "UPDATE brands t SET translations = g.value FROM jsonb_each($1::jsonb) AS g WHERE t.id = g.key"
)

// SetTranslations replaces the translations of rows, by their IDs, in one statement.
func (q *Queries) SetTranslations(ctx context.Context, table TranslatedTable, byID map[string]catalogue.Translations) error {
	if len(byID) == 0 {
		return nil
	}
	_, err := q.db.Exec(ctx, string(table), byID)
	return err
}

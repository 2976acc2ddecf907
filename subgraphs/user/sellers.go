package user

import (
	"context"
	"fmt"
	"slices"

	"cartograph/internal/email"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

// Sellers returns the ids of accounts that may sell by the e-mail addresses and ids
// given. Names without such an account are left out, and addresses of several.
func (s *Service) Sellers(ctx context.Context, names []string) (map[string]string, error) {
	normal := make(map[string]string, len(names)) // what the database has, by name
	for _, name := range names {
		normal[name] = pg.Storable(name)
		if address, err := email.Parse(name); err == nil {
			normal[name] = address
		}
	}
	stored := make([]string, 0, len(normal))
	for _, name := range normal {
		stored = append(stored, name)
	}
	rows, err := db.New(s.pool).Sellers(ctx, db.SellersParams{Emails: stored, IDs: stored})
	if err != nil {
		return nil, fmt.Errorf("sellers: %w", err)
	}
	found := map[string]string{}
	for name, want := range normal {
		matches := slices.DeleteFunc(slices.Clone(rows), func(r db.SellersRow) bool { return r.ID != want && r.Email != want })
		if len(matches) == 1 {
			found[name] = matches[0].ID
		}
	}
	return found, nil
}

package user

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cartograph/subgraphs/user/db"
)

// accounts are those of one e-mail address, the one whose password was set last
// first. Where two have the same password, a sign-in is to the first: an owner who
// changes the password of one account to try out passwords signs in to that account
// again, and it stays hidden that another has the same.
type accounts []db.User

// accountsOfEmail returns none for an unknown and for an invalid address.
func accountsOfEmail(ctx context.Context, q *db.Queries, email string) (accounts, error) {
	if !isEmail(email) {
		return nil, nil
	}
	rows, err := q.AccountsOfEmail(ctx, db.AccountsOfEmailParams{Email: email, Most: maxAccountsOfEmail})
	if err != nil {
		return nil, fmt.Errorf("accounts of an address: %w", err)
	}
	return rows, nil
}

func (a accounts) hashes() []string {
	hashes := make([]string, len(a))
	for i, row := range a {
		hashes[i] = row.PasswordHash
	}
	return hashes
}

// equal reports whether both are the same accounts with the same passwords.
func (a accounts) equal(b accounts) bool {
	return slices.EqualFunc(a, b, func(x, y db.User) bool { return x.ID == y.ID && x.PasswordHash == y.PasswordHash })
}

// oldest is nil without accounts.
func (a accounts) oldest() *db.User {
	if len(a) == 0 {
		return nil
	}
	oldest := slices.MinFunc(a, func(x, y db.User) int { return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), cmp.Compare(x.ID, y.ID)) })
	return &oldest
}

// withFirst returns the accounts with one of them in front.
func (a accounts) withFirst(userID string) accounts {
	at := slices.IndexFunc(a, func(row db.User) bool { return row.ID == userID })
	if at <= 0 {
		return a
	}
	return slices.Concat(a[at:at+1], a[:at], a[at+1:])
}

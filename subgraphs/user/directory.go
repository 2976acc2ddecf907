package user

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user/db"
)

const (
	defaultStaffPage = 20
	maxUserQuery     = 100 // characters
	sortUsers        = "users"
)

// Directory selects users for staff.
type Directory struct {
	Query *string // part of the e-mail address or of the name, in any case
	Role  *Role
}

// Page is a page of users, the newest first.
type Page struct {
	Directory Directory
	Nodes     []*User
	Edges     []Edge
	PageInfo  subgraph.PageInfo
}

// Edge is a user of a page and its cursor.
type Edge struct {
	Cursor string
	Node   *User
}

func (u *User) cursor() string { return subgraph.EncodeCursor(sortUsers, u.ID) }

// Users returns the users that a directory selects.
func (s *Service) Users(ctx context.Context, d Directory, first *int, after *string) (*Page, error) {
	size, err := subgraph.First(first, defaultStaffPage)
	if err != nil {
		return nil, err
	}
	var last string
	given, err := subgraph.DecodeCursor(after, sortUsers, &last)
	if err != nil {
		return nil, err
	}
	pattern, err := d.pattern()
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).PageOfUsers(ctx, db.PageOfUsersParams{After: last, Role: d.role(), Pattern: pattern, Most: int32(size + 1)})
	if err != nil {
		return nil, fmt.Errorf("page of users: %w", err)
	}
	users := make([]*User, len(rows))
	for i, r := range rows {
		users[i] = userOf(r)
	}
	page := &Page{Directory: d}
	page.Nodes, page.PageInfo = subgraph.Page(users, size, given, (*User).cursor)
	for _, u := range page.Nodes {
		page.Edges = append(page.Edges, Edge{Cursor: u.cursor(), Node: u})
	}
	return page, nil
}

// CountUsers is the number of users that a directory selects.
func (s *Service) CountUsers(ctx context.Context, d Directory) (int, error) {
	pattern, err := d.pattern()
	if err != nil {
		return 0, err
	}
	n, err := db.New(s.pool).CountUsers(ctx, db.CountUsersParams{Role: d.role(), Pattern: pattern})
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return int(n), nil
}

func (d Directory) role() string {
	if d.Role == nil {
		return ""
	}
	return string(*d.Role)
}

// pattern is the query as a LIKE pattern; empty without a query.
func (d Directory) pattern() (string, error) {
	if d.Query == nil {
		return "", nil
	}
	text := strings.ToLower(strings.TrimSpace(*d.Query))
	if utf8.RuneCountInString(text) > maxUserQuery || strings.ContainsRune(text, 0) || !utf8.ValidString(*d.Query) {
		return "", fault.Localized(fault.Invalid, "user.query_too_long", message.Args{"limit": maxUserQuery}).At("query")
	}
	if text == "" {
		return "", nil
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%", nil
}

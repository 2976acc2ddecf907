package user

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// found are the addresses on all pages of a directory, of one user each.
func found(t *testing.T, s *Service, d Directory) []string {
	t.Helper()
	var emails []string
	var after *string
	for {
		page, err := s.Users(t.Context(), d, new(1), after)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Edges {
			emails = append(emails, *e.Node.Email())
		}
		if !page.PageInfo.HasNextPage {
			break
		}
		after = page.PageInfo.EndCursor
	}
	if n, err := s.CountUsers(t.Context(), d); err != nil || n != len(emails) {
		t.Errorf("count is %d, %v, want %d", n, err, len(emails))
	}
	return emails
}

func TestStaffFindUsersByAddressNameAndRole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i := range 3 {
		register(t, s, fmt.Sprintf("user%d@demo.test", i))
	}
	_, tokens := register(t, s, "100%_off@demo.test")
	if _, err := s.ChangeProfile(signedIn(t, tokens), ProfileChange{DisplayName: new("Zoë Ångström")}); err != nil {
		t.Fatal(err)
	}
	appointed(t, s, "sel@demo.test", Seller)
	all := []string{"sel@demo.test", "100%_off@demo.test", "user2@demo.test", "user1@demo.test", "user0@demo.test"}
	for claim, c := range map[string]struct {
		directory Directory
		want      []string
	}{
		"all, the newest first":      {Directory{}, all},
		"an empty query is none":     {Directory{Query: new(" ")}, all},
		"a part of the address":      {Directory{Query: new("SER1@")}, []string{"user1@demo.test"}},
		"a part of the name":         {Directory{Query: new("ångSTR")}, []string{"100%_off@demo.test"}},
		"signs stand for themselves": {Directory{Query: new("%_")}, []string{"100%_off@demo.test"}},
		"a role":                     {Directory{Role: new(Seller)}, []string{"sel@demo.test"}},
		"role and query":             {Directory{Role: new(Seller), Query: new("user")}, nil},
		"everybody is a customer":    {Directory{Role: new(Customer)}, all},
	} {
		if diff := cmp.Diff(c.want, found(t, s, c.directory)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
	for _, query := range []string{strings.Repeat("x", 101), "a\x00b", "\xff"} {
		_, err := s.Users(t.Context(), Directory{Query: &query}, nil, nil)
		wantCode(t, err, "INVALID_INPUT")
	}
}

func TestPagesOfTheDirectoryAreStable(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i := range 4 {
		register(t, s, fmt.Sprintf("user%d@demo.test", i))
	}
	page, err := s.Users(t.Context(), Directory{}, new(2), nil)
	if err != nil {
		t.Fatal(err)
	}
	// The last user of the page is deleted, and another one registers.
	if _, err := s.pool.Exec(t.Context(), "DELETE FROM users WHERE id = $1", page.Nodes[1].ID); err != nil {
		t.Fatal(err)
	}
	register(t, s, "user4@demo.test")
	next, err := s.Users(t.Context(), Directory{}, new(2), page.PageInfo.EndCursor)
	if err != nil {
		t.Fatal(err)
	}
	emails := slices.Collect(func(yield func(string) bool) {
		for _, u := range next.Nodes {
			if !yield(*u.Email()) {
				return
			}
		}
	})
	if diff := cmp.Diff([]string{"user1@demo.test", "user0@demo.test"}, emails); diff != "" || next.PageInfo.HasNextPage {
		t.Errorf("second page (-want +got), another: %v\n%s", next.PageInfo.HasNextPage, diff)
	}
}

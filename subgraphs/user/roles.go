package user

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/user/db"
)

// normalRoles are roles in the form in which they are stored: sorted, each once, and
// every user is a customer.
func normalRoles(roles []Role) []Role {
	sorted := slices.Sorted(slices.Values(append(slices.Clone(roles), Customer)))
	return slices.Compact(sorted)
}

// SetRoles replaces the roles of a user. New roles are in the next access token of
// each session, 15 minutes later at most. A role that is taken away ends the user's
// sessions, so that no token keeps it. The last administrator stays one: nobody
// could appoint another.
func (s *Service) SetRoles(ctx context.Context, userID string, roles []Role) (*User, error) {
	if id.PrefixOf(userID) != id.User {
		return nil, userNotFound()
	}
	var row db.User
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if err := db.New(tx).LockRoles(ctx); err != nil {
			return err
		}
		was, err := db.New(tx).LockUser(ctx, userID)
		if errors.Is(err, pgx.ErrNoRows) {
			return userNotFound()
		}
		if err != nil {
			return err
		}
		row, err = s.setRoles(ctx, tx, was, roles, audit.RolesSet)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("set roles of %s: %w", userID, err)
	}
	return userOf(row), nil
}

// setRoles expects LockRoles and the user's row locked.
func (s *Service) setRoles(ctx context.Context, tx pgx.Tx, was db.User, roles []Role, as audit.Action) (db.User, error) {
	q, before, after := db.New(tx), userOf(was).Roles(), normalRoles(roles)
	if slices.Equal(normalRoles(before), after) {
		return was, nil
	}
	lost := slices.ContainsFunc(before, func(r Role) bool { return !slices.Contains(after, r) })
	if slices.Contains(before, Admin) && !slices.Contains(after, Admin) {
		others, err := q.HasOtherAdmin(ctx, was.ID)
		if err != nil {
			return was, err
		}
		if !others {
			return was, fault.Localized(fault.Invalid, "user.last_admin").At("roles")
		}
	}
	row, err := q.SetRoles(ctx, db.SetRolesParams{ID: was.ID, Roles: names(after)})
	if err != nil {
		return was, err
	}
	if lost {
		now := s.Now()
		revoked, err := q.RevokeSessionsOfUser(ctx, db.RevokeSessionsOfUserParams{UserID: &was.ID, Now: &now})
		if err != nil {
			return was, err
		}
		if err := publishRevoked(ctx, tx, now, revoked); err != nil {
			return was, err
		}
	}
	return row, s.audit(ctx, q, as, was.ID, audit.Values{"roles": before}, audit.Values{"roles": after})
}

func names(roles []Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}

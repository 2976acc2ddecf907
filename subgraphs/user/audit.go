package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user/db"
)

// action is what a member of staff did.
type action string

const (
	rolesSet         action = "user.rolesSet"
	adminCreated     action = "user.adminCreated"
	apiClientCreated action = "apiClient.created"
	apiClientRotated action = "apiClient.secretRotated"
	apiClientRevoked action = "apiClient.revoked"
)

// record is the state of a subject, as the audit log shows it. It holds no secrets.
type record map[string]any

// AuditEntry is an action of staff.
type AuditEntry struct {
	ID            string
	At            time.Time
	ActorID       *string // nil for a command on the server
	Action        string
	SubjectID     string
	Before, After any // objects, empty for what did not exist
}

// audit stores an action of the caller in the transaction that carries it out:
// no action is missing from the log, and none is in it that did not happen.
func (s *Service) audit(ctx context.Context, q *db.Queries, a action, subjectID string, before, after record) error {
	encoded := make([][]byte, 2)
	for i, r := range []record{before, after} {
		if r == nil {
			r = record{}
		}
		var err error
		if encoded[i], err = json.Marshal(r); err != nil {
			return fmt.Errorf("audit %s of %s: %w", a, subjectID, err)
		}
	}
	return q.CreateAuditEntry(ctx, db.CreateAuditEntryParams{
		ID: id.New(id.AuditEntry), Now: s.Now(), ActorID: optional.Of(auth.From(ctx).ID),
		Action: string(a), SubjectID: subjectID, Before: encoded[0], After: encoded[1],
	})
}

const sortAuditLog = "audit"

// AuditPage is a page of the audit log, the newest entry first.
type AuditPage struct {
	Nodes    []*AuditEntry
	Edges    []AuditEdge
	PageInfo subgraph.PageInfo
}

// AuditEdge is an entry of a page and its cursor.
type AuditEdge struct {
	Cursor string
	Node   *AuditEntry
}

// AuditLog returns what staff did to a subject, or to all if subjectID is nil.
func (s *Service) AuditLog(ctx context.Context, subjectID *string, first *int, after *string) (*AuditPage, error) {
	size, err := subgraph.First(first, defaultStaffPage)
	if err != nil {
		return nil, err
	}
	var last string
	given, err := subgraph.DecodeCursor(after, sortAuditLog, &last)
	if err != nil {
		return nil, err
	}
	page := &AuditPage{}
	if subjectID != nil && id.PrefixOf(*subjectID) == "" {
		return page, nil // nothing has such an ID
	}
	rows, err := db.New(s.pool).PageOfAuditLog(ctx, db.PageOfAuditLogParams{
		After: last, SubjectID: optional.Value(subjectID), Most: int32(size + 1),
	})
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	entries := make([]*AuditEntry, len(rows))
	for i, r := range rows {
		if entries[i], err = auditEntryOf(r); err != nil {
			return nil, err
		}
	}
	page.Nodes, page.PageInfo = subgraph.Page(entries, size, given, (*AuditEntry).cursor)
	for _, e := range page.Nodes {
		page.Edges = append(page.Edges, AuditEdge{Cursor: e.cursor(), Node: e})
	}
	return page, nil
}

func (e *AuditEntry) cursor() string { return subgraph.EncodeCursor(sortAuditLog, e.ID) }

func auditEntryOf(r db.AuditLog) (*AuditEntry, error) {
	e := &AuditEntry{ID: r.ID, At: r.At, ActorID: r.ActorID, Action: r.Action, SubjectID: r.SubjectID}
	if err := errors.Join(json.Unmarshal(r.Before, &e.Before), json.Unmarshal(r.After, &e.After)); err != nil {
		return nil, fmt.Errorf("audit entry %s: %w", r.ID, err)
	}
	return e, nil
}

// Actors are the users that made changes, in the order of the entries; nil for API
// clients and commands on the server.
func (s *Service) Actors(ctx context.Context, entries []*AuditEntry) ([]*User, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = optional.Value(e.ActorID)
	}
	return s.UsersByID(ctx, ids)
}

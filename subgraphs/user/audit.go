package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cartograph/internal/audit"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user/db"
)

// AuditEntry is an action of staff.
type AuditEntry struct {
	ID            string
	At            time.Time
	ActorID       *string // nil for a command on the server
	Action        string
	SubjectID     string
	Before, After any // objects, empty for what did not exist
}

// audit stores an action of the caller in the transaction that carries it out.
func (s *Service) audit(ctx context.Context, q *db.Queries, a audit.Action, subjectID string, before, after audit.Values) error {
	entry, err := audit.Entry(ctx, s.now(), a, subjectID, before, after)
	if err != nil {
		return err
	}
	return storeEntry(ctx, q, entry)
}

// staffActed stores an action of staff in another service. The event may be
// repeated: an entry is stored once under its ID.
func (s *Service) staffActed(ctx context.Context, e event.StaffActed, _ event.Envelope) error {
	return storeEntry(ctx, db.New(s.pool), e)
}

func storeEntry(ctx context.Context, q *db.Queries, e event.StaffActed) error {
	err := q.CreateAuditEntry(ctx, db.CreateAuditEntryParams{
		ID: e.EntryID, At: e.At, ActorID: optional.Of(e.ActorID),
		Action: e.Action, SubjectID: e.SubjectID, Before: e.Before, After: e.After,
	})
	if err != nil {
		return fmt.Errorf("store audit entry %s of %s: %w", e.EntryID, e.SubjectID, err)
	}
	return nil
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

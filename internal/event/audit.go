package event

import (
	"encoding/json"
	"time"
)

// StaffActed reports that a member of staff, an API client or a command on the
// server changed something. The user service stores it in the audit log under
// EntryID: package audit describes what it holds.
type StaffActed struct {
	EntryID   string          `json:"entryId"`
	At        time.Time       `json:"at"`
	ActorID   string          `json:"actorId,omitempty"` // empty for a command on the server
	Action    string          `json:"action"`
	SubjectID string          `json:"subjectId"`
	Before    json.RawMessage `json:"before"` // an object, empty for what did not exist
	After     json.RawMessage `json:"after"`
}

// Type, Topic and Subject make it a Payload.
func (StaffActed) Type() string      { return typeName("audit", "staffActed") }
func (StaffActed) Topic() Topic      { return Audit }
func (e StaffActed) Subject() string { return e.SubjectID }

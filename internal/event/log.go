package event

import "time"

// LogsWritten has log records of one role, in the order in which they were written.
type LogsWritten struct {
	Service  string      `json:"service"`  // the role; "cartograph" for what no role wrote
	Instance string      `json:"instance"` // the replica
	Records  []LogRecord `json:"records"`
}

// LogRecord is one line of a log, without secrets and card numbers.
type LogRecord struct {
	ID         string            `json:"id"` // unique, so that a record that is delivered twice is stored once
	At         time.Time         `json:"at"`
	Level      int               `json:"level"` // of log/slog: -4 debug, 0 info, 4 warning, 8 error
	Message    string            `json:"message"`
	Attributes map[string]string `json:"attributes,omitempty"` // names of nested ones are joined by dots
	TraceID    string            `json:"traceId,omitempty"`
}

// Type, Topic and Subject make it a Payload.
func (LogsWritten) Type() string      { return typeName("logs", "written") }
func (LogsWritten) Topic() Topic      { return Logs }
func (e LogsWritten) Subject() string { return e.Service }

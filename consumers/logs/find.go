package logs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/logs/db"
)

// Filter selects log records. Empty fields select all.
type Filter struct {
	Since   time.Time
	Service string
	Level   slog.Level // and above
	TraceID string
	Words   string // all in message or attributes, "quoted" ones side by side; -word: not
	Limit   int
}

// Record is a stored log record.
type Record struct {
	ID         string
	At         time.Time
	Service    string
	Instance   string
	Level      slog.Level
	Message    string
	Attributes map[string]string
	TraceID    string
}

// Find returns the latest records of a filter, the oldest of them first.
func Find(ctx context.Context, pool *pgxpool.Pool, f Filter) ([]Record, error) {
	rows, err := db.New(pool).FindRecords(ctx, db.FindRecordsParams{
		Since: f.Since, Level: level(int(f.Level)), Service: f.Service, TraceID: f.TraceID, Words: f.Words,
		MaxRows: int32(f.Limit), //nolint:gosec // bounded by the caller
	})
	if err != nil {
		return nil, fmt.Errorf("find log records: %w", err)
	}
	found := make([]Record, len(rows))
	for i, r := range rows {
		found[i] = Record{
			ID: r.ID, At: r.At, Service: r.Service, Instance: r.Instance, Level: slog.Level(r.Level), Message: r.Message, TraceID: r.TraceID,
		}
		if err := json.Unmarshal(r.Attributes, &found[i].Attributes); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Kind is a kind of warning or error.
type Kind struct {
	Service         string
	Level           slog.Level
	Message         string
	Example         map[string]string
	Count           int64
	FirstAt, LastAt time.Time
}

// Kinds returns the kinds that were written since a moment, the latest first.
func Kinds(ctx context.Context, pool *pgxpool.Pool, since time.Time, service string, limit int) ([]Kind, error) {
	rows, err := db.New(pool).FindKinds(ctx, db.FindKindsParams{Since: since, Service: service, MaxRows: int32(limit)}) //nolint:gosec // bounded by the caller
	if err != nil {
		return nil, fmt.Errorf("find kinds of errors: %w", err)
	}
	kinds := make([]Kind, len(rows))
	for i, r := range rows {
		kinds[i] = Kind{Service: r.Service, Level: slog.Level(r.Level), Message: r.Message, Count: r.Written, FirstAt: r.FirstAt, LastAt: r.LastAt}
		if err := json.Unmarshal(r.Example, &kinds[i].Example); err != nil {
			return nil, err
		}
	}
	return kinds, nil
}

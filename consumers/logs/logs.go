// Package logs stores the log records of all roles and finds them again.
//
// Records come as events, some hundred at once, and an event is one statement: its
// records, how many there are by service, level and minute, and their kinds. A record
// that is delivered twice is stored and counted once.
package logs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/logs/db"
	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

// Worker stores log records.
type Worker struct {
	pool   *pgxpool.Pool
	cfg    Config
	events *inbox.Mux
	http   *http.Client
	log    *slog.Logger
}

// NewWorker returns a worker on a migrated database.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, cfg Config, log *slog.Logger) *Worker {
	w := &Worker{pool: pool, cfg: cfg, events: inbox.NewMux("logging", o), http: &http.Client{Timeout: alertTimeout}, log: log}
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.LogsWritten, _ event.Envelope) error {
		return w.store(ctx, tx, p)
	})
	return w
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return w.events.Topics() }

// Handle stores the records of an event, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error { return w.events.Handle(ctx, e) }

// store stores what is younger than the retention.
func (w *Worker) store(ctx context.Context, tx pgx.Tx, p event.LogsWritten) error {
	in := db.InsertRecordsParams{Service: pg.Storable(p.Service), Instance: pg.Storable(p.Instance)}
	oldest := time.Now().Add(-w.cfg.Retention)
	for _, r := range p.Records {
		if r.At.Before(oldest) {
			continue
		}
		attributes, err := json.Marshal(storable(r.Attributes))
		if err != nil {
			return err
		}
		in.IDs, in.Times, in.Levels = append(in.IDs, r.ID), append(in.Times, r.At), append(in.Levels, level(r.Level))
		in.Messages, in.Attributes = append(in.Messages, pg.Storable(r.Message)), append(in.Attributes, attributes)
		in.TraceIDs, in.Fingerprints = append(in.TraceIDs, r.TraceID), append(in.Fingerprints, fingerprint(p.Service, r))
	}
	if len(in.IDs) == 0 {
		return nil
	}
	return db.New(tx).InsertRecords(ctx, in)
}

// storable are attributes that Postgres accepts: its JSON has no zero bytes.
func storable(attributes map[string]string) map[string]string {
	out := make(map[string]string, len(attributes))
	for name, value := range attributes {
		out[pg.Storable(name)] = pg.Storable(value)
	}
	return out
}

func level(l int) int16 { return int16(min(max(l, -100), 100)) } //nolint:gosec // bounded

// variable are the parts of an error that differ each time: quoted text, ids, addresses
// and numbers.
var variable = regexp.MustCompile(`"[^"]*"|'[^']*'|\b[a-z]{3}_[0-9A-Za-z]+|\b[0-9a-fA-F-]{16,}\b|[0-9]+(?:\.[0-9]+)*`)

// fingerprint is equal for warnings and errors of one kind: those of one message, whose
// errors differ only in what varies. Other records have none.
func fingerprint(service string, r event.LogRecord) string {
	if r.Level < int(slog.LevelWarn) {
		return ""
	}
	sum := sha256.Sum256([]byte(service + "\x00" + variable.ReplaceAllString(r.Message+"\x00"+r.Attributes["err"], "#")))
	return hex.EncodeToString(sum[:16])
}

// Package logship sends the log records of a process to Kafka, from where the logging
// role stores them.
//
// Writing a log record never waits: records go through a bounded buffer, and one that
// finds it full is counted and dropped, as are those that Kafka does not take within
// some seconds. The line on stderr is written in any case.
package logship

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/pg"
)

const (
	capacity = 4096 // records that wait
	maxBatch = 200  // records that are sent at once

	// maxBytes is about how many bytes are sent at once. A broker takes a megabyte.
	maxBytes = 512 << 10

	// gatherFor is how long records are gathered for an event.
	gatherFor = 200 * time.Millisecond
	// sendTimeout is how long Kafka may take. Records wait in the buffer meanwhile.
	sendTimeout = 5 * time.Second
	// lastTimeout bounds the last events of a process that stops.
	lastTimeout = time.Second
)

const (
	recordID id.Prefix = "log"
	eventID  id.Prefix = "evt"
)

var dropped = promauto.NewCounter(prometheus.CounterOpts{
	Name: "cartograph_log_records_dropped_total",
	Help: "Log records that were not sent to the logging role: the buffer was full, or Kafka did not take them.",
})

// Producer sends records and waits until Kafka has them.
type Producer interface {
	ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults
}

// Shipper sends log records to Kafka.
type Shipper struct {
	instance string
	except   []string
	records  chan shipped
}

type shipped struct {
	service string
	event.LogRecord
}

// New returns a shipper of a replica's records. Those of some roles are left out: the
// records of whoever stores them would wait for themselves.
func New(instance string, except ...string) *Shipper {
	return &Shipper{instance: instance, except: except, records: make(chan shipped, capacity)}
}

// Handler returns a handler that passes records to next, and sends those that next
// accepts. The attribute "role" is their service.
func (s *Shipper) Handler(next slog.Handler) slog.Handler {
	return &handler{Handler: next, shipper: s, role: "cartograph"}
}

func (s *Shipper) offer(service string, r event.LogRecord) {
	select {
	case s.records <- shipped{service, r}:
	default:
		dropped.Inc()
	}
}

// Run sends records until ctx ends, and then those that wait, for a second at most.
func (s *Shipper) Run(ctx context.Context, kafka Producer) error {
	var batch []shipped
	for ctx.Err() == nil {
		select {
		case first := <-s.records:
			if batch = gather(first, s.nextWithin(ctx, gatherFor)); ctx.Err() == nil {
				s.send(ctx, kafka, batch, sendTimeout)
				batch = nil
			}
		case <-ctx.Done():
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTimeout)
	defer cancel()
	for {
		if len(batch) > 0 {
			s.send(last, kafka, batch, lastTimeout)
		}
		first, found := s.waiting()
		if !found {
			return nil
		}
		batch = gather(first, s.waiting)
	}
}

// gather returns the records that are sent at once: the first, and the next ones until
// there is none, or the bounds are reached.
func gather(first shipped, next func() (shipped, bool)) []shipped {
	batch, bytes := []shipped{first}, first.bytes()
	for len(batch) < maxBatch && bytes < maxBytes {
		r, found := next()
		if !found {
			break
		}
		batch, bytes = append(batch, r), bytes+r.bytes()
	}
	return batch
}

// nextWithin returns a function that waits for the next record, for a time in all, or
// until ctx ends.
func (s *Shipper) nextWithin(ctx context.Context, limit time.Duration) func() (shipped, bool) {
	end := time.After(limit)
	return func() (r shipped, found bool) {
		select {
		case r = <-s.records:
			return r, true
		case <-end:
		case <-ctx.Done():
		}
		return r, false
	}
}

// waiting returns a record that waits already.
func (s *Shipper) waiting() (r shipped, found bool) {
	select {
	case r = <-s.records:
		return r, true
	default:
		return r, false
	}
}

func (r shipped) bytes() int { return len(r.Message) + size(r.Attributes) }

// send sends an event for each service of a batch.
func (s *Shipper) send(ctx context.Context, kafka Producer, batch []shipped, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	byService := map[string][]event.LogRecord{}
	for _, r := range batch {
		byService[r.service] = append(byService[r.service], r.LogRecord)
	}
	var records []*kgo.Record
	sizes := map[*kgo.Record]int{}
	for service, written := range byService {
		r, err := s.encode(service, written)
		if err != nil {
			dropped.Add(float64(len(written)))
			continue
		}
		records, sizes[r] = append(records, r), len(written)
	}
	for _, result := range kafka.ProduceSync(ctx, records...) {
		if result.Err != nil {
			dropped.Add(float64(sizes[result.Record]))
		}
	}
}

// encode makes the event of a service's records. It has no sequence: logs are read by
// time.
func (s *Shipper) encode(service string, written []event.LogRecord) (*kgo.Record, error) {
	payload := event.LogsWritten{Service: service, Instance: s.instance, Records: written}
	for i := range payload.Records {
		payload.Records[i].Message = pg.Storable(payload.Records[i].Message)
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(event.Envelope{
		SpecVersion: "1.0", ID: id.New(eventID), Type: payload.Type(), Source: "/" + service, Subject: payload.Subject(),
		Time: time.Now().UTC(), DataContentType: "application/json", DataSchema: event.SchemaOf(payload.Type()), Data: data,
	})
	return &kgo.Record{
		Topic: string(payload.Topic()), Key: []byte(service), Value: value,
		Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte(event.ContentType)}},
	}, err
}

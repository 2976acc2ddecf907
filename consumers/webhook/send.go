package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/webhook/db"
	"cartograph/internal/crashpoint"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/wakeup"
)

const (
	batchSize    = 64 // delivered at the same time
	perEndpoint  = 4
	pollInterval = time.Second

	// A batch takes as long as its slowest attempt, which is shorter than the lease, so
	// that no second sender takes its deliveries meanwhile.
	lease       = 30 * time.Second
	leaseRetry  = 2 * time.Second
	recordAfter = 5 * time.Second // for the result when the process ends

	firstBackoff   = 5 * time.Second
	longestBackoff = time.Hour
	postponement   = 5 * time.Second

	// The circuit of an endpoint.
	maxFailures  = 10
	firstPause   = time.Minute
	longestPause = time.Hour

	maxAttemptsKept = 50 // of a delivery
)

// RunSender makes deliveries until ctx ends. Any number of senders may run at the same
// time: each leases its deliveries.
func (w *Worker) RunSender(ctx context.Context) error {
	slots := make(chan struct{}, batchSize)
	var running sync.WaitGroup
	defer running.Wait()
	for {
		free := cap(slots) - len(slots)
		leased, err := w.lease(ctx, free)
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "lease webhook deliveries, retrying", "err", err)
			if !wakeup.Sleep(ctx, leaseRetry) {
				return nil
			}
		}
		// A slow endpoint keeps its slots and nothing else: the next lease is taken while
		// its attempts are under way.
		for _, d := range leased {
			slots <- struct{}{}
			running.Go(func() {
				w.deliver(ctx, d)
				<-slots
				w.due.Notify() // the next of the subject may be due
			})
		}
		if !w.due.Wait(ctx, pollInterval) {
			return nil
		}
	}
}

// Send makes the deliveries that are due, each once, and returns how many there were.
func (w *Worker) Send(ctx context.Context) (int, error) {
	leased, err := w.lease(ctx, batchSize)
	if err != nil {
		return 0, err
	}
	var running sync.WaitGroup
	for _, d := range leased {
		running.Go(func() { w.deliver(ctx, d) })
	}
	running.Wait()
	return len(leased), nil
}

func (w *Worker) lease(ctx context.Context, most int) ([]db.LeaseRow, error) {
	if most == 0 {
		return nil, nil
	}
	leased, err := db.New(w.pool).Lease(ctx, db.LeaseParams{
		PerEndpoint: perEndpoint, BatchSize: int32(most), Seconds: int32(lease / time.Second), //nolint:gosec // at most batchSize
	})
	if err != nil {
		return nil, fmt.Errorf("lease webhook deliveries: %w", err)
	}
	return leased, nil
}

// deliver makes one attempt and stores its result. Without a result in the database the
// lease ends, and the attempt is made again.
func (w *Worker) deliver(ctx context.Context, d db.LeaseRow) {
	started := time.Now()
	m, err := w.prepare(ctx, d)
	var r result
	if err != nil {
		r = resultOf(0, err)
	} else {
		m.at = started
		r = resultOf(w.post(ctx, m))
		crashpoint.Reach("webhook", "sent")
	}
	r.took, r.payloadError = time.Since(started), pg.Storable(m.payloadError)
	if ctx.Err() != nil && r.kind == failed {
		r.kind = postponed // this process ends; the endpoint has not failed
	}
	attempted.WithLabelValues(string(r.kind)).Inc()
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordAfter)
	defer cancel()
	if err := w.record(recording, d, r); err != nil {
		w.log.WarnContext(ctx, "result of a webhook delivery not stored, it is sent again", "delivery_id", d.ID, "err", err)
	}
}

// prepare reads what is current at the delivery: the address, the secret, and what the
// owner may see.
func (w *Worker) prepare(ctx context.Context, d db.LeaseRow) (message, error) {
	e, err := event.Parse(d.Envelope)
	if err != nil {
		return message{}, refusal{err}
	}
	partner, ok := event.PartnerEventOf(e.Type)
	if !ok {
		return message{}, refusal{errNotVisible}
	}
	endpoint, err := w.endpoints.ReadWebhookEndpoint(ctx, &rpcv1.ReadWebhookEndpointRequest{EndpointId: d.EndpointID})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return message{}, refusal{errNoEndpoint}
	case err != nil:
		return message{}, fmt.Errorf("%w: %w", errPostponed, err)
	}
	e.ID = d.EventID
	to, visible := owner(endpoint.GetOwnerId(), endpoint.GetScopes()), e
	if d.Test { // a sample is about nobody
		ok = partner.Open(to)
	} else {
		visible, ok = partner.Visible(to, e)
	}
	if !ok {
		return message{}, refusal{errNotVisible}
	}
	m := message{url: endpoint.GetUrl(), secrets: []string{endpoint.GetSecret()}, event: visible}
	if previous := endpoint.GetPreviousSecret(); previous != "" {
		m.secrets = append(m.secrets, previous)
	}
	m.body, m.payloadError, err = w.payload(ctx, partner, visible, endpoint)
	if err != nil {
		return message{}, refusal{err}
	}
	return m, nil
}

var (
	errPostponed  = errors.New("the user service did not answer")
	errNoEndpoint = errors.New("the endpoint was deleted, or its owner may not have one any more")
	errNotVisible = errors.New("the owner may not see this event")
)

// refusal is why a delivery is not made, now or later.
type refusal struct{ error }

// kind is what follows from an attempt.
type kind string

const (
	succeeded kind = "succeeded"
	failed    kind = "failed"    // retried, and counted by the endpoint's circuit
	refused   kind = "refused"   // not retried
	postponed kind = "postponed" // nothing was sent for a reason of ours
)

type result struct {
	kind   kind
	status int
	err    string
	gone   bool
	took   time.Duration

	payloadError string
}

func resultOf(status int, err error) result {
	r := result{kind: failed, status: status, gone: status == http.StatusGone}
	if err == nil {
		r.kind = succeeded
		return r
	}
	r.err = pg.Storable(err.Error())
	if errors.Is(err, errPostponed) {
		r.kind = postponed
	} else if _, ok := errors.AsType[refusal](err); ok {
		r.kind = refused
	}
	return r
}

func (w *Worker) record(ctx context.Context, d db.LeaseRow, r result) error {
	if r.kind == postponed {
		return db.New(w.pool).Postpone(ctx, db.PostponeParams{ID: d.ID, Milliseconds: postponement.Milliseconds()})
	}
	status := int32(r.status) //nolint:gosec // three digits
	return w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, batch := db.New(tx), pg.BatchOf(tx)
		batch.QueueQuery(func(x pg.Executor) error {
			return db.New(x).AddAttempt(ctx, db.AddAttemptParams{
				DeliveryID: d.ID, ResponseStatus: status, Error: r.err, PayloadError: r.payloadError, DurationMs: int32(min(r.took.Milliseconds(), 1<<30)), Most: maxAttemptsKept, //nolint:gosec // bounded
			})
		})
		switch r.kind {
		case succeeded:
			batch.QueueQuery(func(x pg.Executor) error {
				return db.New(x).Succeed(ctx, db.SucceedParams{ID: d.ID, ResponseStatus: status})
			})
			return q.EndpointSucceeded(ctx, d.EndpointID)
		case refused:
			return q.Fail(ctx, db.FailParams{ID: d.ID, ResponseStatus: status, LastError: r.err})
		case failed, postponed: // below, and above
		}
		if d.Test || r.gone { // a sample is sent once
			batch.QueueQuery(func(x pg.Executor) error {
				return db.New(x).Fail(ctx, db.FailParams{ID: d.ID, ResponseStatus: status, LastError: r.err})
			})
		} else {
			batch.QueueQuery(func(x pg.Executor) error {
				return db.New(x).Retry(ctx, db.RetryParams{ID: d.ID, ResponseStatus: status, LastError: r.err, Milliseconds: backoff(int(d.Attempts)).Milliseconds()})
			})
		}
		return w.countFailure(ctx, tx, d, r)
	})
}

// countFailure counts a failure of an endpoint and publishes the first pause that follows
// from one.
func (w *Worker) countFailure(ctx context.Context, tx pgx.Tx, d db.LeaseRow, r result) error {
	state, err := db.New(tx).EndpointFailed(ctx, db.EndpointFailedParams{
		ID: d.EndpointID, LastError: r.err, Gone: r.gone, Failures: maxFailures,
		FirstPauseSeconds: int32(firstPause / time.Second), LongestPauseSeconds: int32(longestPause / time.Second),
	})
	if errors.Is(err, pgx.ErrNoRows) { // deleted meanwhile
		return nil
	}
	if err != nil || !state.BecameGone && (state.Gone || state.ConsecutiveFailures != maxFailures) {
		return err
	}
	w.log.WarnContext(ctx, "webhook endpoint fails, deliveries pause", "endpoint_id", d.EndpointID, "failures", state.ConsecutiveFailures, "err", r.err)
	paused := event.WebhookEndpointPaused{
		EndpointID: d.EndpointID, OwnerID: state.OwnerID, Failures: int(state.ConsecutiveFailures), Reason: r.err, Gone: state.Gone, At: time.Now().UTC(),
	}
	if !state.Gone && state.PausedUntil != nil {
		paused.PausedUntil = state.PausedUntil.UTC()
	}
	return outbox.Write(ctx, tx, paused)
}

// backoff grows from five seconds to an hour, so that an event is attempted about 30
// times within its 24 hours, and differs between deliveries, so that those that failed
// together do not come together again.
func backoff(attempts int) time.Duration {
	d := min(firstBackoff<<min(max(attempts-1, 0), 12), longestBackoff)
	return d - time.Duration(rand.Int64N(int64(d)/5)) //nolint:gosec // spreads load
}

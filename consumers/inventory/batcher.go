package inventory

import (
	"context"
	"time"

	"cartograph/internal/auth"
)

const (
	maxBatch     = 256             // requests in one transaction
	maxLeaders   = 2               // transactions at once: one commits while the next is filled
	batchTimeout = 5 * time.Second // of a transaction; many requests depend on it
)

// batcher is a group commit: it decides concurrent requests in one transaction. A
// variant that everyone buys is then locked, written and flushed to disk once for
// hundreds of requests instead of once for each.
//
// It has no goroutine of its own. Of the waiting requests one becomes the leader
// and executes the batch for all that are queued, so that a lone request starts
// at once and batches grow only with the load.
//
// Invariants:
//
//   - A request leaves the queue exactly once: by a leader, who answers it, or as
//     abandoned, because its context has ended.
//   - A queued request that no leader has claimed may still become the leader
//     itself. So no request waits for a leader that does not exist.
//   - result has room for the one answer: a leader never blocks on a caller that
//     has given up.
type batcher struct {
	execute func(context.Context, []Request) ([]Hold, error)
	queue   chan pendingRequest
	leaders chan struct{} // an element for each leader; in the select of hold
}

type pendingRequest struct {
	ctx     context.Context
	request Request
	claimed chan struct{}   // closed by the leader that takes it from the queue
	result  chan holdResult // of capacity one
}

type holdResult struct {
	hold Hold
	err  error
}

func newBatcher(execute func(context.Context, []Request) ([]Hold, error)) *batcher {
	return &batcher{execute: execute, queue: make(chan pendingRequest, 4*maxBatch), leaders: make(chan struct{}, maxLeaders)}
}

// hold returns after the transaction that decides r has committed. If ctx ends
// before, r may or may not be held: the same request again returns the outcome.
func (b *batcher) hold(ctx context.Context, r Request) (Hold, error) {
	p := pendingRequest{ctx, r, make(chan struct{}), make(chan holdResult, 1)}
	// A nil channel takes its case out of the select. The caller may lead before
	// it is queued, which makes room in a full queue, and until it is claimed.
	queue, claimed, leaders := b.queue, p.claimed, b.leaders
	for {
		select {
		case queue <- p:
			queue = nil
		case <-claimed:
			claimed, leaders = nil, nil
		case leaders <- struct{}{}:
			b.lead(ctx)
			<-b.leaders
		case answer := <-p.result:
			return answer.hold, answer.err
		case <-ctx.Done():
			return Hold{}, context.Cause(ctx)
		}
	}
}

// lead executes one batch of what is queued now.
func (b *batcher) lead(ctx context.Context) {
	batch := b.claim()
	if len(batch) == 0 {
		return
	}
	requests := make([]Request, len(batch))
	for i, p := range batch {
		requests[i] = p.request
	}
	ctx, cancel := sharedContext(ctx, len(batch))
	defer cancel()
	holds, err := b.execute(ctx, requests)
	for i, p := range batch {
		if err != nil {
			p.result <- holdResult{err: err}
			continue
		}
		p.result <- holdResult{hold: holds[i]}
	}
}

// claim takes requests from the queue and drops those whose caller has given up.
func (b *batcher) claim() []pendingRequest {
	var batch []pendingRequest
	for len(batch) < maxBatch {
		select {
		case p := <-b.queue:
			close(p.claimed)
			if p.ctx.Err() == nil {
				batch = append(batch, p)
			}
		default:
			return batch
		}
	}
	return batch
}

// sharedContext derives the context of a batch of n requests from its leader's. It
// does not end with the leader's request, since the others depend on it, and it
// does not carry the leader's request id and actor if there are others, since
// events would be attributed to the wrong request.
func sharedContext(leader context.Context, n int) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(leader)
	if n > 1 {
		c := auth.From(ctx)
		c.RequestID, c.OnBehalfOf = "", auth.Actor{}
		ctx = auth.With(ctx, c)
	}
	return context.WithTimeout(ctx, batchTimeout)
}

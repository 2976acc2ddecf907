package inventory

import "context"

// By is the request of the caller of ctx.
func (r Request) By(ctx context.Context) Request {
	r.holder = holderOf(ctx)
	return r
}

// DecideTogether decides requests in one batch.
func (w *Worker) DecideTogether(ctx context.Context, requests ...Request) ([]Hold, error) {
	return w.executeBatch(ctx, requests)
}

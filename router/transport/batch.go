package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// batchConcurrency is how many queries of one batch run concurrently. The whole
// batch counts as one request in the limiter, so this is also the factor by which
// a batch may exceed it.
const batchConcurrency = 5

// entry is one operation of a batch. op or err is set before the batch runs,
// answer afterwards. Each is written by one goroutine, and read when all have
// ended.
type entry struct {
	op     *plan.Operation
	err    error
	answer []byte

	retryAfter int // seconds; 0: it was not refused
}

// serveBatch answers several operations with one array, in the order of the
// request. All are prepared before any runs, so that they are admitted together:
// a batch whose cost exceeds the limit has no effect at all. They share one
// session, which deduplicates their fetches. An operation that fails does not
// affect the others.
func (h *Handler) serveBatch(a reply, accept accepted, body []byte, got received) {
	if _, ok := accept.media(); !ok {
		h.refuseInput(a, got, http.StatusNotAcceptable, gqlerr.New(gqlerr.BadUserInput, "Batches are answered as %s; Accept does not allow it.", jsonType))
		return
	}
	raws, problem := h.split(body)
	if problem != nil {
		h.refuseInput(a, got, http.StatusBadRequest, problem)
		return
	}
	// The first operation is charged already.
	more, err := h.graph.Charge(a.r.Context(), got.caller, len(raws)-1, 0)
	if err != nil {
		a.refuseError(h.chargeRefused(a.r.Context(), got.caller, got.price, err))
		return
	}
	entries := make([]entry, len(raws))
	var ops []*plan.Operation
	for i, raw := range raws {
		e := &entries[i]
		if e.op, e.err = h.prepareEntry(a.r.Context(), got.caller, raw); e.err == nil {
			ops = append(ops, e.op)
		}
	}
	allowance, err := h.graph.Admit(a.r.Context(), got.caller, got.price+more, ops...)
	a.setRateLimit(allowance)
	if err != nil {
		a.refuseError(err)
		return
	}
	running, err := h.begin(a.r.Context(), a.network, ops...)
	if err != nil {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return
	}
	defer running.end()
	session := h.graph.Begin(got.caller, a.r.Header)
	session.ShareFetches()
	h.runBatch(a, entries, session)
	answer := arrayOf(entries)
	running.ran(len(answer), false)
	a.setRetryAfter(retryAfter(entries))
	_ = a.write(jsonType, http.StatusOK, answer)
}

// split parses a batch. Its errors are answered as application/json with 400:
// clients that expect an array take a single object with 200 for an array that is
// too short.
func (h *Handler) split(body []byte) ([]json.RawMessage, *gqlerr.Error) {
	var raws []json.RawMessage
	if json.Unmarshal(body, &raws) != nil {
		return nil, gqlerr.New(gqlerr.BadUserInput, "The request is not valid JSON.")
	}
	switch limit := h.options.Batch; {
	case limit <= 0:
		return nil, gqlerr.New(gqlerr.BadUserInput, "Batches are not supported. Send one operation per request.")
	case len(raws) == 0:
		return nil, gqlerr.New(gqlerr.BadUserInput, "The batch is empty.")
	case len(raws) > limit:
		return nil, gqlerr.New(gqlerr.BadUserInput, "The batch has %d operations, the limit is %d.", len(raws), limit).
			With("limit", limit).With("actual", len(raws))
	case slices.ContainsFunc(raws, func(raw json.RawMessage) bool { return raw[0] == '[' }):
		return nil, gqlerr.New(gqlerr.BadUserInput, "Batches cannot be nested.")
	default:
		return raws, nil
	}
}

// prepareEntry reads and plans one operation of a batch.
func (h *Handler) prepareEntry(ctx context.Context, caller auth.Caller, raw json.RawMessage) (*plan.Operation, error) {
	req, _, problem := decode(raw)
	if problem != nil {
		return nil, problem
	}
	op, err := h.graph.Prepare(ctx, caller, req)
	switch {
	case err != nil:
		return nil, err
	case op.Kind == plan.Subscription:
		return nil, gqlerr.New(gqlerr.BadUserInput, "A subscription cannot be part of a batch.")
	}
	for _, field := range op.RootFields {
		// One request must not carry ten attempts at a password, nor a payment that
		// a client repeats because another operation of the batch failed.
		if slices.Contains(h.options.BatchExclude, field) {
			return nil, gqlerr.New(gqlerr.Forbidden, "%s cannot be part of a batch. Send it in a request of its own.", field)
		}
	}
	return op, nil
}

// runBatch runs consecutive queries concurrently. A mutation starts when every
// operation before it has ended, and ends before the next one starts: clients
// rely on the effects of earlier entries.
func (h *Handler) runBatch(a reply, entries []entry, session *execute.Session) {
	ctx, cancel := context.WithTimeout(a.r.Context(), h.options.Request)
	defer cancel()
	var queries errgroup.Group
	queries.SetLimit(batchConcurrency)
	for i := range entries {
		e := &entries[i]
		if e.err == nil && e.op.Kind == plan.Query {
			queries.Go(func() error {
				h.runEntry(ctx, a, e, session)
				return nil // its error is part of its answer
			})
			continue
		}
		_ = queries.Wait()
		h.runEntry(ctx, a, e, session)
	}
	_ = queries.Wait()
}

func (h *Handler) runEntry(ctx context.Context, a reply, e *entry, session *execute.Session) {
	if e.err == nil {
		answer, err := h.run(ctx, e.op, session)
		if err == nil {
			e.answer, e.retryAfter = answer.Body, answer.RetryAfter
			return
		}
		e.err = h.failed(ctx, e.op, a.requestID, err)
	}
	list := gqlerr.FromError(e.err)
	if list.Code() == gqlerr.Internal && e.op == nil {
		h.log.ErrorContext(ctx, "prepare operation of a batch", "request_id", a.requestID, "err", e.err)
	}
	h.graph.Refused(list.Code())
	e.answer, e.retryAfter = list.Body(a.requestID), list.RetryAfter()
}

// retryAfter is when all operations of a batch that were refused may be sent again.
func retryAfter(entries []entry) int {
	longest := 0
	for _, e := range entries {
		longest = max(longest, e.retryAfter)
	}
	return longest
}

func arrayOf(entries []entry) []byte {
	var out bytes.Buffer
	for i, e := range entries {
		out.WriteByte("[,"[min(i, 1)])
		out.Write(e.answer)
	}
	out.WriteByte(']')
	return out.Bytes()
}

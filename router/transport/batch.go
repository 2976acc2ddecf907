package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// togetherInBatch is how many queries of one batch run at once.
const togetherInBatch = 5

// entry is one operation of a batch: op or refused, and in the end answer.
type entry struct {
	op      *plan.Operation
	refused error
	answer  []byte
}

// serveBatch answers several operations in one array, in the order of the
// request. They have one caller, one allowance and one session, so what two of
// them need of a subgraph is fetched once. One that fails leaves the rest
// standing.
func (h *Handler) serveBatch(a reply, wants accepted, body []byte, caller auth.Caller) {
	if _, ok := wants.media(); !ok {
		a.refuse(jsonType, http.StatusNotAcceptable, gqlerr.New(gqlerr.BadUserInput, "Batches are answered as %s; Accept does not allow it.", jsonType))
		return
	}
	raws, problem := h.split(body)
	if problem != nil {
		a.refuse(jsonType, http.StatusBadRequest, problem)
		return
	}
	entries := make([]entry, len(raws))
	var ops []*plan.Operation
	for i, raw := range raws {
		e := &entries[i]
		if e.op, e.refused = h.entryOf(a.r.Context(), raw); e.refused == nil {
			ops = append(ops, e.op)
		}
	}
	allowance, err := h.graph.Admit(a.r.Context(), caller, ops...)
	a.tell(allowance)
	if err != nil {
		list := gqlerr.FromError(err)
		a.refuse(jsonType, h.statusOf(a, list, err), list...)
		return
	}
	done, err := h.places.run(a.r.Context())
	if err != nil {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return
	}
	defer done()
	session := h.graph.Begin(caller, a.r.Header)
	session.ShareFetches()
	h.runBatch(a, entries, session)
	_ = a.write(jsonType, http.StatusOK, joined(entries))
}

// split takes a batch apart, or says why it is none. What it refuses is refused
// as application/json with 400: a client of batches reads a single object as
// a server's error then, and not as an array that is too short.
func (h *Handler) split(body []byte) ([]json.RawMessage, *gqlerr.Error) {
	var raws []json.RawMessage
	if json.Unmarshal(body, &raws) != nil {
		return nil, gqlerr.New(gqlerr.BadUserInput, "The request is not valid JSON.")
	}
	switch most := h.options.Batch; {
	case most <= 0:
		return nil, gqlerr.New(gqlerr.BadUserInput, "Send one operation a request.")
	case len(raws) == 0:
		return nil, gqlerr.New(gqlerr.BadUserInput, "The batch is empty.")
	case len(raws) > most:
		return nil, gqlerr.New(gqlerr.BadUserInput, "The batch has %d operations, %d are allowed.", len(raws), most).
			With("limit", most).With("actual", len(raws))
	case slices.ContainsFunc(raws, func(raw json.RawMessage) bool { return raw[0] == '[' }):
		return nil, gqlerr.New(gqlerr.BadUserInput, "A batch holds operations, and no other batch.")
	default:
		return raws, nil
	}
}

// entryOf reads and plans one operation of a batch.
func (h *Handler) entryOf(ctx context.Context, raw json.RawMessage) (*plan.Operation, error) {
	req, _, problem := decode(raw)
	if problem != nil {
		return nil, problem
	}
	op, err := h.graph.Prepare(ctx, req)
	switch {
	case err != nil:
		return nil, err
	case op.Kind == plan.Subscription:
		return nil, gqlerr.New(gqlerr.BadUserInput, "A subscription cannot be part of a batch.")
	}
	for _, field := range op.RootFields {
		// One request must not be ten guesses at a password, nor a payment that
		// is sent again because its neighbour failed.
		if slices.Contains(h.options.Alone, field) {
			return nil, gqlerr.New(gqlerr.Forbidden, "%s cannot be part of a batch. Send it alone.", field)
		}
	}
	return op, nil
}

// runBatch runs queries together and mutations alone, each after all that
// stands before it.
func (h *Handler) runBatch(a reply, entries []entry, session *execute.Session) {
	ctx, cancel := context.WithTimeout(a.r.Context(), h.options.Request)
	defer cancel()
	var together sync.WaitGroup
	places := make(chan struct{}, togetherInBatch)
	for i := range entries {
		e := &entries[i]
		if e.refused == nil && e.op.Kind == plan.Query {
			places <- struct{}{}
			together.Go(func() {
				defer func() { <-places }()
				h.runEntry(ctx, a, e, session)
			})
			continue
		}
		together.Wait()
		h.runEntry(ctx, a, e, session)
	}
	together.Wait()
}

func (h *Handler) runEntry(ctx context.Context, a reply, e *entry, session *execute.Session) {
	if e.refused == nil {
		answer, err := h.run(ctx, e.op, session)
		if err == nil {
			e.answer = answer.Body
			return
		}
		e.refused = h.failed(ctx, e.op, a.requestID, err)
	}
	list := gqlerr.FromError(e.refused)
	if list.Code() == gqlerr.Internal && e.op == nil {
		h.log.ErrorContext(ctx, "prepare operation of a batch", "request_id", a.requestID, "err", e.refused)
	}
	h.graph.Refused(list.Code())
	e.answer = list.Body(a.requestID)
}

func joined(entries []entry) []byte {
	var out bytes.Buffer
	for i, e := range entries {
		out.WriteByte("[,"[min(i, 1)])
		out.Write(e.answer)
	}
	out.WriteByte(']')
	return out.Bytes()
}

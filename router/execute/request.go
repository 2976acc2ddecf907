package execute

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/upstream"
)

// maxRetainedBuffer is the size in bytes up to which a buffer is pooled: one huge
// response must not occupy memory for ever.
const maxRetainedBuffer = 1 << 20

// fetchCall is one fetch of a run: its request and its response.
type fetchCall struct {
	fetch    *program.Fetch
	body     []byte
	buffer   []byte // for the answer, used again
	response []byte
	err      error
	lists    []entityBatch
	objects  []arena.ID // of Fetch.At
}

// entityBatch is one list of entities: the objects that need data, and the index
// of the representation that was sent for each. Several objects with an equal
// key share one: each entity is requested of a subgraph once.
type entityBatch struct {
	objects []arena.ID
	index   []int
	sent    int // representations; 0: the batch was not sent
}

func (c *fetchCall) reset() {
	c.fetch, c.response, c.err, c.objects = nil, nil, nil, c.objects[:0]
	if cap(c.buffer) > maxRetainedBuffer {
		c.buffer = nil
	}
	if cap(c.body) > maxRetainedBuffer {
		c.body = nil
	}
}

// prepare writes the request of a fetch, or returns nil if none is to be made:
// a fetch that it depends on failed, all its fields are denied, or there are no
// entities to fetch. A failed dependency propagates through failed, as its
// error has been recorded already.
func (r *run) prepare(f *program.Fetch) *fetchCall {
	if slices.ContainsFunc(f.DependsOn, func(id int) bool { return slices.Contains(r.failed, id) }) {
		r.failed = append(r.failed, f.ID)
		return nil
	}
	c := &r.calls[f.Index]
	c.fetch, c.body = f, r.appendPieces(c.body[:0], f.Prefix)
	if len(f.Entities) == 0 {
		if f.IsDenied(f.Guards, r.isDenied) {
			return nil
		}
		if f.At != nil {
			if c.objects = r.objectsAt(f.At, c.objects[:0]); len(c.objects) == 0 {
				return nil
			}
		}
	} else if !r.appendEntities(c) {
		return nil
	}
	c.body = r.appendPieces(c.body, f.Suffix)
	return c
}

// appendEntities writes the batches of representations, and reports whether
// there is at least one to send. In a merged request an empty batch stays in the
// document and is switched off by its @include variable, so that the document,
// which the subgraph caches, is always the same.
func (r *run) appendEntities(c *fetchCall) bool {
	for len(c.lists) < len(c.fetch.Entities) {
		c.lists = append(c.lists, entityBatch{})
	}
	any := false
	for i := range c.fetch.Entities {
		e, list := &c.fetch.Entities[i], &c.lists[i]
		list.objects, list.index, list.sent = list.objects[:0], list.index[:0], 0
		c.body = append(c.body, e.Prefix...)
		if !c.fetch.IsDenied(e.Guards, r.isDenied) {
			c.body = r.appendRepresentations(c.body, e, list, c.fetch.Merged)
		}
		any = any || list.sent > 0
		if c.fetch.Merged {
			c.body = append(c.body, e.Include...)
			c.body = append(c.body, map[bool]string{true: "true", false: "false"}[list.sent > 0]...)
			c.body = r.appendPieces(c.body, e.Variables)
		}
	}
	return any
}

// appendRepresentations writes one representation for each distinct entity among
// the objects at the path. An object whose key is not there, or not valid, is
// left out: it keeps the nulls that it has.
func (r *run) appendRepresentations(body []byte, e *program.Entities, list *entityBatch, merged bool) []byte {
	objects := r.objectsAt(e.Path, list.objects)
	if e.Single && !merged && len(objects) != 1 {
		list.objects = objects[:0]
		return body
	}
	list.objects = objects[:0]
	r.representationSet.begin(len(objects))
	for _, object := range objects {
		start := len(body)
		if list.sent > 0 {
			body = append(body, ',')
		}
		from := len(body)
		var ok bool
		if body, ok = r.representation(body, e.Representation, object); !ok {
			body = body[:start]
			continue
		}
		index, known := r.add(body, from)
		if known {
			body = body[:start]
		} else {
			list.sent++
		}
		list.objects, list.index = append(list.objects, object), append(list.index, index)
	}
	return body
}

// representation appends an object's representation, written by the same walk as
// a response but without recording errors. It reports false for an empty one,
// and for one whose data does not match the schema.
func (r *run) representation(body []byte, v *program.Value, object arena.ID) ([]byte, bool) {
	kept := r.out
	r.out, r.inRepresentation, r.mismatched = body, true, false
	ok := r.writeValue(v, object) && !r.mismatched
	out := r.out
	r.out, r.inRepresentation = kept, false
	const shortest = len(`{"":0}`)
	return out, ok && len(out)-len(body) >= shortest
}

// appendPieces writes the static bytes of a request, and those variables that
// the client provided: an absent variable is not null, it takes its default.
// Commas are decided here, because any member may be absent.
func (r *run) appendPieces(out []byte, pieces []program.Piece) []byte {
	for _, p := range pieces {
		switch {
		case p.Variable != nil:
			value := r.variable(p.Variable)
			if value < 0 {
				continue
			}
			out = append(appendComma(out), p.Key...)
			out = append(out, r.values.Raw(value)...)
		case p.Key != nil:
			out = append(appendComma(out), p.Key...)
			out = append(out, p.Static...)
		case len(p.Static) > 0 && p.Static[0] == ',' && len(out) > 0 && out[len(out)-1] == '{':
			out = append(out, p.Static[1:]...)
		default:
			out = append(out, p.Static...)
		}
	}
	return out
}

func appendComma(out []byte) []byte {
	if len(out) > 0 && out[len(out)-1] != '{' {
		return append(out, ',')
	}
	return out
}

// send makes a request. It runs concurrently with others of its stage.
func (r *run) send(c *fetchCall) {
	// On a goroutine of its own, a panic would end the process.
	defer func() {
		if cause := recover(); cause != nil {
			c.err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	subgraph := r.executor.subgraphs[c.fetch.Subgraph]
	request := upstream.Request{Header: r.session.upstreamHeader(c.fetch.Subgraph), Body: c.body, Mutation: !c.fetch.Query}
	if r.shared != nil && c.fetch.Query {
		c.response, c.err = r.shared.fetch(r.ctx, subgraph, c.fetch.Subgraph, request)
		return
	}
	c.response, c.err = subgraph.Fetch(r.ctx, request, c.buffer[:0])
	if c.err == nil {
		c.buffer = c.response
	}
}

// representationSet finds duplicates among the representations written so far. It
// is an open-addressing hash table over ranges of the request's body, at most
// half full, whose memory is kept between requests; a map of strings would copy
// each representation.
type representationSet struct {
	seed  maphash.Seed
	slots []int // 1 + index into spans; 0: free
	spans []span
}

type span struct {
	hash       uint64
	start, end int
}

func (t *representationSet) begin(n int) {
	size := 8
	for size < 2*n {
		size *= 2
	}
	t.spans = t.spans[:0]
	if cap(t.slots) < size {
		t.slots = make([]int, size)
		return
	}
	t.slots = t.slots[:size]
	clear(t.slots)
}

// add returns the index of the representation that text ends with, and whether
// it was there already.
func (t *representationSet) add(text []byte, from int) (index int, known bool) {
	written := text[from:]
	hash := maphash.Bytes(t.seed, written)
	mask := len(t.slots) - 1
	at := int(hash) & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		index := t.slots[at] - 1
		s := t.spans[index]
		if s.hash == hash && bytes.Equal(text[s.start:s.end], written) {
			return index, true
		}
	}
	t.spans = append(t.spans, span{hash, from, len(text)})
	t.slots[at] = len(t.spans)
	return len(t.spans) - 1, false
}

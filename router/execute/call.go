package execute

import (
	"bytes"
	"hash/maphash"
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/upstream"
)

// keptBuffer bounds what a buffer keeps between two requests, in bytes.
const keptBuffer = 1 << 20

// call is one fetch of one request.
type call struct {
	fetch  *program.Fetch
	body   []byte
	buffer []byte // for the answer, used again
	answer []byte
	err    error
	lists  []sentList
}

// sentList is one list of entities: the objects, and which representation
// stands for each.
type sentList struct {
	objects []arena.ID
	index   []int
	count   int // of representations; 0: the list was not sent
}

func (c *call) reset() {
	c.fetch, c.answer, c.err = nil, nil, nil
	if cap(c.buffer) > keptBuffer {
		c.buffer = nil
	}
	if cap(c.body) > keptBuffer {
		c.body = nil
	}
}

// prepare writes a fetch's request, or returns nil if there is none to make:
// what it depends on failed, its fields are denied, or nothing needs it.
func (r *run) prepare(f *program.Fetch) *call {
	if slices.ContainsFunc(f.After, func(id int) bool { return slices.Contains(r.failed, id) }) {
		r.failed = append(r.failed, f.ID)
		return nil
	}
	c := &r.calls[f.Index]
	c.fetch, c.body = f, r.appendPieces(c.body[:0], f.Head)
	if len(f.Entities) == 0 {
		if f.Closed(f.Guards, r.denies) {
			return nil
		}
	} else if !r.appendEntities(c) {
		return nil
	}
	c.body = r.appendPieces(c.body, f.Foot)
	return c
}

// appendEntities writes the lists of representations, and reports whether
// there is one to send.
func (r *run) appendEntities(c *call) bool {
	for len(c.lists) < len(c.fetch.Entities) {
		c.lists = append(c.lists, sentList{})
	}
	any := false
	for i := range c.fetch.Entities {
		e, list := &c.fetch.Entities[i], &c.lists[i]
		list.objects, list.index, list.count = list.objects[:0], list.index[:0], 0
		c.body = append(c.body, e.Prefix...)
		if !c.fetch.Closed(e.Guards, r.denies) {
			c.body = r.appendRepresentations(c.body, e, list, c.fetch.Merged)
		}
		any = any || list.count > 0
		if c.fetch.Merged {
			c.body = append(c.body, e.Include...)
			c.body = append(c.body, map[bool]string{true: "true", false: "false"}[list.count > 0]...)
			c.body = r.appendPieces(c.body, e.Variables)
		}
	}
	return any
}

// appendRepresentations writes one representation for each object that differs.
func (r *run) appendRepresentations(body []byte, e *program.Entities, list *sentList, merged bool) []byte {
	objects := r.objectsAt(e.Path, list.objects)
	if e.Single && !merged && len(objects) != 1 {
		list.objects = objects[:0]
		return body
	}
	list.objects = objects[:0]
	r.representations.begin(len(objects))
	for _, object := range objects {
		start := len(body)
		if list.count > 0 {
			body = append(body, ',')
		}
		from := len(body)
		var ok bool
		if body, ok = r.representation(body, e.Representation, object); !ok {
			body = body[:start]
			continue
		}
		index, known := r.index(body, from)
		if known {
			body = body[:start]
		} else {
			list.count++
		}
		list.objects, list.index = append(list.objects, object), append(list.index, index)
	}
	return body
}

// representation appends an object's representation. It reports false for one
// that says nothing, or whose data is not what the schema says.
func (r *run) representation(body []byte, v *program.Value, object arena.ID) ([]byte, bool) {
	kept := r.out
	r.out, r.muted, r.broken = body, true, false
	ok := r.write(v, object) && !r.broken
	out := r.out
	r.out, r.muted = kept, false
	const shortest = len(`{"":0}`)
	return out, ok && len(out)-len(body) >= shortest
}

// appendPieces writes static bytes, and those variables that the client gave.
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

// send makes a request. It runs beside others of its stage.
func (r *run) send(c *call) {
	subgraph := r.executor.subgraphs[c.fetch.Subgraph]
	request := upstream.Request{Header: r.session.header(), Body: c.body, Mutation: !c.fetch.Query}
	if r.sharing != nil && c.fetch.Query {
		c.answer, c.err = r.sharing.fetch(r.ctx, subgraph, c.fetch.Subgraph, request)
		return
	}
	c.answer, c.err = subgraph.Fetch(r.ctx, request, c.buffer[:0])
	if c.err == nil {
		c.buffer = c.answer
	}
}

// representations finds equal ones among those that were written. Its table is
// used again.
type representations struct {
	seed  maphash.Seed
	slots []int // 1 + index into spans, or 0
	spans []span
}

type span struct {
	hash       uint64
	start, end int
}

func (t *representations) begin(n int) {
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

// index is the number of the representation that text ends with, and whether
// it had one already.
func (t *representations) index(text []byte, from int) (index int, known bool) {
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

package execute

import (
	"encoding/json"
	"fmt"
	"sync"
)

// room is where a response is written. It is used again once the response was
// sent.
type room struct{ text []byte }

var rooms = sync.Pool{New: func() any { return &room{} }}

// Release gives back the room that Body stands in, which nobody may look at
// then, for another answer is written there. An answer that is not released is
// the collector's.
func (a *Answer) Release() {
	if a.room != nil && cap(a.room.text) <= keptBuffer {
		rooms.Put(a.room)
	}
	a.Body, a.room = nil, nil
}

// respond writes the response: the data, and before it the errors, if any.
func (r *run) respond() (body []byte, in *room, err error) {
	const before, null = `{"data":`, "null"
	in = rooms.Get().(*room)
	r.out = in.text[:0]
	r.out = append(r.out, before...)
	if !r.write(r.program.Data, r.data) {
		r.out = append(r.out[:len(before)], null...)
	}
	r.out = append(r.out, '}')
	in.text, r.out = r.out, nil // the next run has a room of its own
	r.masker.addNulls()
	if len(r.masker.out) == 0 {
		return in.text, in, nil
	}
	errors, err := json.Marshal(r.masker.out)
	if err != nil {
		return nil, nil, fmt.Errorf("write errors: %w", err)
	}
	body = make([]byte, 0, len(errors)+len(in.text)+len(`{"errors":,`))
	body = append(append(body, `{"errors":`...), errors...)
	return append(append(body, ','), in.text[1:]...), in, nil
}

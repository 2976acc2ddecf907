package execute

import (
	"encoding/json"
	"fmt"
	"sync"
)

// responseBuffer holds a response until it was sent.
type responseBuffer struct{ text []byte }

var responseBuffers = sync.Pool{New: func() any { return &responseBuffer{} }}

// Release returns the buffer of Body to the pool: Body must not be used after,
// since another response will be written there. A response that is not released
// is left to the garbage collector.
func (a *Response) Release() {
	if a.buffer != nil && cap(a.buffer.text) <= maxRetainedBuffer {
		responseBuffers.Put(a.buffer)
	}
	a.Body, a.buffer = nil, nil
}

// writeResponse writes the response: the errors, if any, and the data. Data is
// written first, since writing it finds null violations. A null that propagates
// to the root makes data null as a whole.
func (r *run) writeResponse() (body []byte, in *responseBuffer, err error) {
	const before, null = `{"data":`, "null"
	in = responseBuffers.Get().(*responseBuffer)
	r.out = in.text[:0]
	r.out = append(r.out, before...)
	r.explained = !r.hasData && len(r.masker.out) > 0
	if !r.writeValue(r.program.Data, r.data) {
		r.out = append(r.out[:len(before)], null...)
	}
	r.out = append(r.out, '}')
	in.text, r.out = r.out, nil // the buffer belongs to the response now
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

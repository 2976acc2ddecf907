package transport

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"cartograph/router/gqlerr"
)

// A body must have arrived after bodyGrace and a second more for each
// bodyBytesPerSecond of it that has arrived, and within Options.Request in any
// case. Radio links that are usable at all are faster.
const (
	bodyGrace          = 3 * time.Second
	bodyBytesPerSecond = 4 << 10
)

// A body is read into a buffer of the announced length if that is not above
// maxFirstBuffer; a longer one grows as the bytes arrive. So the memory of a
// request follows what its client has sent, not what it has announced.
const (
	minFirstBuffer = 512
	maxFirstBuffer = 16 << 10
)

// errBusy refuses a body for which its network has no reader or no memory left.
var errBusy = errors.New("too many requests of one network are arriving")

// body is a request's body in memory.
type body struct {
	bytes    []byte
	reserved int // of the memory quota
}

// readBody reads a POST. Only application/json is accepted: the types that an HTML
// form can send need no CORS preflight, so any site could send them from its
// visitors' browsers.
//
// A request takes no place of the router while its body arrives, so that clients
// that send slowly keep no others out. They are bounded by network instead: in number,
// in memory and in time.
func (h *Handler) readBody(a reply) (body, int, *gqlerr.Error) {
	if !isJSON(a.r.Header.Get("Content-Type")) {
		return body{}, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Type must be %s.", jsonType)
	}
	if !h.readers.Take(a.network, 1) {
		return body{}, http.StatusTooManyRequests, tooManyRequests(h.options.Readers)
	}
	defer h.readers.Give(a.network, 1)
	b, err := h.receiveBody(a)
	if err == nil {
		b, err = h.decompress(a, b)
	}
	if err != nil {
		h.release(a, b)
		status, problem := h.bodyProblem(a, err)
		return body{}, status, problem
	}
	return b, 0, nil
}

// receiveBody reads what the client sends.
func (h *Handler) receiveBody(a reply) (b body, err error) {
	source := http.MaxBytesReader(a.w, a.r.Body, h.options.Body)
	size := minFirstBuffer
	if announced := a.r.ContentLength; announced > 0 {
		size = int(min(announced, maxFirstBuffer)) + 1 // one more, so that the end is read without growing
	}
	began, until := time.Now(), time.Time{}
	for {
		if len(b.bytes)+1 > cap(b.bytes) {
			if b, err = h.grow(a, b, size); err != nil {
				return b, err
			}
			size = 2 * cap(b.bytes)
		}
		if due := began.Add(h.bodyTime(len(b.bytes))); due != until {
			until = due
			_ = a.control.SetReadDeadline(until)
		}
		n, err := source.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if errors.Is(err, io.EOF) {
			_ = a.control.SetReadDeadline(time.Time{})
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

func (h *Handler) bodyTime(arrived int) time.Duration {
	return min(bodyGrace+time.Duration(arrived/bodyBytesPerSecond)*time.Second, h.options.Request)
}

// grow moves a body into a buffer of another size.
func (h *Handler) grow(a reply, b body, size int) (body, error) {
	more := size - b.reserved
	if !h.memory.Take(a.network, more) {
		return b, errBusy
	}
	buffer := make([]byte, len(b.bytes), size)
	copy(buffer, b.bytes)
	return body{buffer, b.reserved + more}, nil
}

// decompress replaces a compressed body, and reserves the larger one.
func (h *Handler) decompress(a reply, b body) (body, error) {
	encoding := a.r.Header.Get("Content-Encoding")
	if encoding == "" {
		return b, nil
	}
	text, err := h.compression.decompress(encoding, b.bytes)
	if err != nil {
		return b, err
	}
	if more := cap(text) - b.reserved; more > 0 {
		if !h.memory.Take(a.network, more) {
			return b, errBusy
		}
		b.reserved += more
	}
	return body{text, b.reserved}, nil
}

// release returns the memory of a body.
func (h *Handler) release(a reply, b body) {
	if b.reserved > 0 {
		h.memory.Give(a.network, b.reserved)
	}
}

func (h *Handler) bodyProblem(a reply, err error) (int, *gqlerr.Error) {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, errBusy):
		return http.StatusServiceUnavailable, overloaded()
	case errors.Is(err, errUnknownEncoding):
		a.w.Header().Set("Accept-Encoding", strings.Join(requestEncodings, ", "))
		return http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Encoding may be %s.", strings.Join(requestEncodings, " or "))
	case tooLarge || errors.Is(err, errTooLarge):
		problem := gqlerr.New(gqlerr.BadUserInput, "The request is larger than %d bytes.", h.options.Body).With("limit", h.options.Body)
		if tooLarge && a.r.ContentLength > 0 {
			problem = problem.With("actual", a.r.ContentLength)
		}
		return http.StatusRequestEntityTooLarge, problem
	default:
		return http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput, "The request body could not be read.")
	}
}

// abandonBody makes the server close the connection after the answer. Otherwise it
// would read the rest of an unread body first, for as long as the client sends.
func (a reply) abandonBody() {
	if a.read || a.r.ContentLength == 0 {
		return
	}
	if a.r.ProtoMajor == 1 {
		a.w.Header().Set("Connection", "close")
	}
	_ = a.control.SetReadDeadline(time.Unix(1, 0))
}

package auth

import (
	"net/http"
	"strconv"
	"time"
)

// TimeoutHeader has how many milliseconds a request has left when it is sent. It
// counts only together with a valid internal token. A duration needs no clocks that
// agree. The name is in net/http's canonical form.
const TimeoutHeader = "Request-Timeout-Ms"

// maxTimeout is longer than any request takes.
const maxTimeout = time.Hour

// TimeoutOf returns how long a request has left; false if it does not say.
func TimeoutOf(header http.Header) (time.Duration, bool) {
	ms, err := strconv.ParseUint(header.Get(TimeoutHeader), 10, 32)
	if err != nil {
		return 0, false
	}
	return min(time.Duration(ms)*time.Millisecond, maxTimeout), true
}

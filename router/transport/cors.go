package transport

import (
	"net/http"
	"slices"
	"strings"
)

const allowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS"

// exposed are the headers of ours that a page of another origin may read.
const exposed = "ETag, RateLimit, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, Traceparent, X-Request-Id, X-Subgraph-Requests"

// cors lets pages of the allowed origins ask. Credentials are tokens that a page
// must hold itself, never cookies, so any origin may be allowed, and any header:
// each client library has some of its own.
func (h *Handler) cors(w http.ResponseWriter, r *http.Request) {
	origin, header := r.Header.Get("Origin"), w.Header()
	switch {
	case slices.Contains(h.options.Origins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	default:
		header.Add("Vary", "Origin")
		if origin == "" || !slices.Contains(h.options.Origins, origin) {
			return
		}
		header.Set("Access-Control-Allow-Origin", origin)
	}
	header.Set("Access-Control-Expose-Headers", exposed)
	if r.Method != http.MethodOptions {
		return
	}
	header.Set("Access-Control-Allow-Methods", allowed)
	header.Set("Access-Control-Max-Age", "7200")
	const longest = 4 << 10
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" && len(wanted) <= longest {
		header.Set("Access-Control-Allow-Headers", wanted)
		header.Add("Vary", "Access-Control-Request-Headers")
	}
}

func (h *Handler) serveOptions(w http.ResponseWriter) {
	w.Header().Set("Allow", allowed)
	w.WriteHeader(http.StatusNoContent)
}

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

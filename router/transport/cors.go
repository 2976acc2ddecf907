package transport

import (
	"net/http"
	"slices"
	"strings"
)

const allowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS"

// exposed are the response headers that pages of other origins may read.
const exposed = "ETag, RateLimit, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, Traceparent, X-Request-Id, X-Subgraph-Requests"

// cors allows requests from pages of the allowed origins. Credentials are tokens
// that a page must hold itself, never cookies, so even "*" exposes no visitor's
// session. Any request header is allowed: each client library has its own.
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
	const maxBytes = 4 << 10
	if requested := r.Header.Get("Access-Control-Request-Headers"); requested != "" && len(requested) <= maxBytes {
		header.Set("Access-Control-Allow-Headers", requested)
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

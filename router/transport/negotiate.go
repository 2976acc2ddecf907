package transport

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	jsonType    = "application/json"
	graphqlType = "application/graphql-response+json"
)

// negotiate picks the media type of a single answer. Clients that could take a
// stream say so first on every request, so types of streams are passed over.
// Nothing, */* and application/* mean application/json.
func negotiate(accept string) (media string, ok bool) {
	if strings.TrimSpace(accept) == "" {
		return jsonType, true
	}
	best := 0.0
	for part := range strings.SplitSeq(accept, ",") {
		offered, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			continue
		}
		switch offered {
		case "*/*", "application/*":
			offered = jsonType
		case jsonType, graphqlType:
		default:
			continue
		}
		quality := 1.0
		if q, given := params["q"]; given {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if quality > best || quality == best && offered == graphqlType {
			media, best = offered, quality
		}
	}
	return media, best > 0
}

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// cors lets pages of the allowed origins ask. Credentials are bearer tokens
// that a page must hold itself, never cookies, so any origin may be allowed.
func (h *Handler) cors(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	header := w.Header()
	switch {
	case slices.Contains(h.options.Origins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	case slices.Contains(h.options.Origins, origin) && origin != "":
		header.Set("Access-Control-Allow-Origin", origin)
		header.Add("Vary", "Origin")
	default:
		return
	}
	header.Set("Access-Control-Expose-Headers", "X-Request-Id, X-Subgraph-Requests, Retry-After")
	if r.Method != http.MethodOptions {
		return
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST")
	header.Set("Access-Control-Allow-Headers", strings.Join([]string{
		"Accept", "Accept-Language", "Authorization", "Content-Type", "Traceparent", "X-Country", "X-Currency", "X-Request-Id",
		"Apollo-Require-Preflight", "Apollographql-Client-Name", "Apollographql-Client-Version",
	}, ", "))
	header.Set("Access-Control-Max-Age", "7200")
}

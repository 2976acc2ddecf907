package transport

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/plan"
)

// varyBy are the request headers that change an answer: identity, preferences,
// and requested extensions.
const varyBy = "Authorization, X-API-Key, Accept-Language, X-Country, X-Currency, X-GraphQL-Cost, X-GraphQL-Plan, X-GraphQL-Trace"

// cache sets the caching headers of a query's answer, and reports whether the
// client's copy is current. A shared cache may store only answers to anonymous
// callers: an authenticated answer must never be served to another caller, even
// if a cache ignores Vary.
func (a reply) cache(op *plan.Operation, caller auth.Caller, body []byte) (known bool) {
	if op.Kind != plan.Query {
		return false
	}
	header := a.w.Header()
	if op.Cache.Public && op.Cache.MaxAge >= time.Second && caller.ID == "" && a.r.Header.Get("Authorization") == "" {
		age := int(op.Cache.MaxAge.Seconds())
		header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d, stale-while-revalidate=%d", age, age))
		header.Add("Vary", varyBy)
	}
	if a.r.Method == http.MethodPost {
		return false
	}
	tag := tagOf(body)
	header.Set("ETag", tag)
	return matches(a.r.Header.Values("If-None-Match"), tag)
}

// tagOf is a weak ETag: the same answer may be sent in several encodings.
func tagOf(body []byte) string {
	const length = 16 // bytes of the hash; enough against accidental collisions
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:length]) + `"`
}

func matches(known []string, tag string) bool {
	for _, list := range known {
		for candidate := range strings.SplitSeq(list, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

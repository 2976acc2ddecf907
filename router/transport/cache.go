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

// personal are the headers that make one reader's answer differ from another's:
// who they are, what they prefer, and what they want to be told beside it.
const personal = "Authorization, X-API-Key, Accept-Language, X-Country, X-Currency, X-GraphQL-Cost, X-GraphQL-Plan, X-GraphQL-Trace"

// cache says how long the answer to a query may be kept, and reports whether
// the client has it already. Only what is the same for everybody may be kept by
// others; the answer to whoever has a name is theirs alone.
func (a reply) cache(op *plan.Operation, caller auth.Caller, body []byte) (known bool) {
	if op.Kind != plan.Query {
		return false
	}
	header := a.w.Header()
	if op.Cache.Public && op.Cache.MaxAge >= time.Second && caller.ID == "" && a.r.Header.Get("Authorization") == "" {
		age := int(op.Cache.MaxAge.Seconds())
		header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d, stale-while-revalidate=%d", age, age))
		header.Add("Vary", personal)
	}
	if a.r.Method == http.MethodPost {
		return false
	}
	tag := tagOf(body)
	header.Set("ETag", tag)
	return matches(a.r.Header.Values("If-None-Match"), tag)
}

// tagOf is weak, since the same answer may be sent in several encodings.
func tagOf(body []byte) string {
	const length = 16 // bytes of the hash: no two answers share them by chance
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

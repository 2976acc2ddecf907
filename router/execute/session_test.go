package execute

import (
	"hash/maphash"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/auth"
)

func newExecutor(internal *auth.Internal) *Executor {
	return &Executor{Options: Options{Internal: internal, Log: slog.New(slog.DiscardHandler)}, seed: maphash.MakeSeed()}
}

func TestLongRequestsGetAFreshToken(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		e := newExecutor(internal)
		headers := e.NewSession(auth.Caller{RequestID: "r"}, nil)
		first, _ := headers.HeadersForSubgraph("a")
		time.Sleep(tokenRefreshAfter - time.Second)
		second, _ := headers.HeadersForSubgraph("b")
		if first.Get("Authorization") != second.Get("Authorization") {
			t.Error("two fetches of one request have two tokens")
		}
		time.Sleep(2 * time.Second)
		third, _ := headers.HeadersForSubgraph("a")
		if third.Get("Authorization") == first.Get("Authorization") {
			t.Errorf("after %v the token is still the first", tokenRefreshAfter+time.Second)
		}
	})
}

func TestWithoutASignerAllSubgraphsShareOneHeader(t *testing.T) {
	t.Parallel()
	session := newExecutor(nil).NewSession(auth.Caller{RequestID: "r"}, nil)
	if session.upstreamHeader("a") != session.upstreamHeader("b") {
		t.Error("the header is serialized once for each subgraph")
	}
}

func TestHashDistinguishesHeaders(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	e := newExecutor(internal)
	trace := http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
	caller := func(id, currency, request string) auth.Caller {
		return auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: id}, Currency: currency, RequestID: request}
	}
	seen := map[uint64]int{}
	for i, h := range []*Session{
		e.NewSession(caller("a", "USD", "1"), nil), e.NewSession(caller("b", "USD", "1"), nil),
		e.NewSession(caller("a", "EUR", "1"), nil), e.NewSession(caller("a", "USD", "2"), nil),
		e.NewSession(caller("a", "USD", "1"), trace),
	} {
		hash := h.HashAll()
		if other, same := seen[hash]; same {
			t.Errorf("requests %d and %d have one hash", other, i)
		}
		seen[hash] = i
		one, _ := h.HeadersForSubgraph("x")
		one.Set("Authorization", "changed")
		if two, again := h.HeadersForSubgraph("x"); again != hash || two.Get("Authorization") == "changed" {
			t.Error("headers are handed out twice: the engine's changes to one show in another")
		}
	}
}

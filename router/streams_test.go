package router_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/polltest"
	"cartograph/router"
)

const reviewStream = `subscription { reviewAdded(productId: "p1") { id author { email } product { title } } }`

// watch opens a subscription over HTTP.
func (s *shop) watch(t testing.TB, accept string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"?query="+url.QueryEscape(reviewStream), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the stream answers %d", answer.StatusCode)
	}
	return bufio.NewReader(answer.Body)
}

func wantText(t testing.TB, stream io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(stream, got); err != nil || string(got) != want {
		t.Fatalf("the stream goes on with %q (%v), want %q", got[:n], err, want)
	}
}

func TestSubscriptionsOfSubgraphsComeByHTTP(t *testing.T) {
	t.Parallel()
	const event = `{"data":{"reviewAdded":{"id":"r8","author":{"email":"ben@example.com"},"product":{"title":"Mug"}}}}`
	const part = "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
	for accept, want := range map[string][3]string{
		"text/event-stream": {":\n\n", "event: next\ndata: " + event + "\n\n", "event: complete\ndata:\n\n"},
		"multipart/mixed;subscriptionSpec=1.0, application/json": {"\r\n--graphql", part + `{"payload":` + event + "}\r\n--graphql", "--\r\n"},
	} {
		s := newShop(t, nil)
		stream := s.watch(t, accept)
		wantText(t, stream, want[0])
		s.reviewed <- newReview("r8")
		wantText(t, stream, want[1])
		close(s.reviewed)
		wantText(t, stream, want[2])
		polltest.Eventually(t, "the upstream is closed", func() bool { return s.reviews.OpenStreams() == 0 })
	}
}

func TestDeferredFieldsComeInParts(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	const query = `{ product(id: "p1") { title ... @defer { reviews { id } } } }`
	for accept, want := range map[string][]string{
		"multipart/mixed;deferSpec=20220824,application/json": {
			"\r\n---\r\n", `{"data":{"product":{"title":"Mug"}},"hasNext":true}`, `"data":{"reviews":[{"id":"r1"}]}`, `"hasNext":false}`, "\r\n-----\r\n",
		},
		"text/event-stream": {`event: next`, `{"data":{"product":{"title":"Mug"}},"hasNext":true}`, `"data":{"reviews":[{"id":"r1"}]}`, "event: complete\ndata:\n\n"},
		"application/json":  {`{"data":{"product":{"title":"Mug","reviews":[{"id":"r1"}]}}}`},
	} {
		rest := s.sendRaw(t, `{"query":`+strconv.Quote(query)+`}`, "Accept", accept)
		for _, piece := range want {
			_, after, found := strings.Cut(rest, piece)
			if !found {
				t.Errorf("%s: the answer lacks %q in its place: %q", accept, piece, rest)
				break
			}
			rest = after
		}
	}
	client := s.dial(t).init()
	client.send(`{"id":"d","type":"subscribe","payload":{"query":` + strconv.Quote(query) + `}}`)
	client.want(`{"id":"d","type":"next","payload":{"data":{"product":{"title":"Mug"}},"hasNext":true}}`)
	client.want(`{"id":"d","type":"next","payload":{"incremental":[{"data":{"reviews":[{"id":"r1"}]},"path":["product"]}],"hasNext":false}}`)
	client.want(`{"id":"d","type":"complete"}`)
}

func TestStreamsEndWithTheRouter(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	stream := s.watch(t, "text/event-stream")
	wantText(t, stream, ":\n\n")
	polltest.Eventually(t, "the upstream opens", func() bool { return s.reviews.OpenStreams() == 1 })
	s.router.Close()
	if rest, err := io.ReadAll(stream); err != nil || len(rest) > 0 {
		t.Errorf("the stream ends with %q, %v; want nothing, so that the client comes back", rest, err)
	}
}

func TestABatchIsOneRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.BatchExclude = []string{"rename"} })
	body := `[{"query":"{ product(id: \"p1\") { title } }"},{"query":"{ nope }"},{"query":"mutation { wave }"},{"query":"mutation { rename(name: \"x\") { id } }"}]`
	got := s.sendRaw(t, body)
	const want = `[{"data":{"product":{"title":"Mug"}}},`
	if !strings.HasPrefix(got, want) || !strings.Contains(got, `,{"data":{"wave":"o/"}},`) || !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED") {
		t.Errorf("batch = %s", got)
	}
	if strings.Contains(got, `"rename"`) {
		t.Errorf("what must be alone ran in a batch: %s", got)
	}
	s.fetched()
	const query = `{"query":"{ product(id: \"p1\") { title } }"}`
	s.sendRaw(t, "["+query+","+query+","+query+"]")
	if diff := cmp.Diff(map[string]int{"catalog": 1}, s.fetched()); diff != "" {
		t.Errorf("requests for three equal queries (-want +got):\n%s", diff)
	}
}

// sendRaw posts a body and returns the answer's text, whatever it is.
func (s *shop) sendRaw(t testing.TB, body string, headers ...string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The figure holds both ends of each stream from the subgraph too, since its
// stand-in runs in this process. Not parallel: it looks at the memory of all.
func TestAThousandSubscriptionsFitInMemory(t *testing.T) {
	const subscriptions, most = 1000, 160 << 10
	s := newShop(t, func(c *router.Config) {
		c.Limits.Socket.Operations = subscriptions
		c.Limits.Streams.Subscriptions, c.Limits.Streams.PerAddress = subscriptions, subscriptions
	})
	client := s.dial(t).init()
	before := memoryInUse()
	for i := range subscriptions {
		client.send(strings.Replace(watchReviews, `"w"`, fmt.Sprintf("%q", fmt.Sprint(i)), 1))
	}
	polltest.Eventually(t, "all run", func() bool { return s.reviews.OpenStreams() == subscriptions })
	each := (memoryInUse() - before) / subscriptions
	t.Logf("a subscription costs %d bytes, with both ends of its upstream", each)
	if each > most {
		t.Errorf("a subscription costs %d bytes, want at most %d", each, most)
	}
	for range subscriptions {
		s.reviewed <- newReview("r8")
	}
	for range subscriptions {
		if got, err := client.read(); err != nil || got["type"] != "next" {
			t.Fatalf("message %v, %v; want an event", got, err)
		}
	}
	_ = client.conn.CloseNow()
	polltest.Eventually(t, "all end", func() bool { return s.reviews.OpenStreams() == 0 })
}

func memoryInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

package execute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
)

// events is a stream of a subgraph; complete ends it by the protocol.
func events(data ...string) string {
	var out strings.Builder
	for _, d := range data {
		out.WriteString("event: next\ndata: " + d + "\n\n")
	}
	return out.String()
}

const (
	complete    = "event: complete\n\n"
	reviewAdded = `subscription { reviewAdded(productId: "p") { id author { name email } product { title } } }`
	review      = `{"data":{"reviewAdded":{"id":"r1","author":{"__typename":"User","id":"1","name":"Ada"},"product":{"__typename":"Product","id":"p"}}}}`
)

// subscribe runs a subscription to its end and returns its events.
func (g *graph) subscribe(t *testing.T, ctx context.Context, caller auth.Caller, query string) (got []result, err error) {
	t.Helper()
	err = g.executor.Subscribe(ctx, g.prepare(t, query, ""), g.executor.NewSession(caller, nil), func(body []byte) error {
		got = append(got, readResult(t, Response{Body: body}))
		return nil
	})
	return got, err
}

func TestEventsAreCompletedFromOtherSubgraphs(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{
		"reviews":  events(review, strings.Replace(review, "r1", "r2", 1)) + complete,
		"catalog":  `{"data":{"_entities":[{"title":"Mug"}]}}`,
		"accounts": `{"data":{"_entities":[{"email":"a@b"}]}}`,
	}
	got, err := g.subscribe(t, t.Context(), signedIn("profile:read"), reviewAdded)
	if err != nil {
		t.Errorf("a stream that completes ends with %v", err)
	}
	want := func(id string) string {
		return `{"reviewAdded":{"id":"` + id + `","author":{"name":"Ada","email":"a@b"},"product":{"title":"Mug"}}}`
	}
	if diff := cmp.Diff([]result{{Data: want("r1")}, {Data: want("r2")}}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestErrorsOfEventsAreMasked(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{
		"reviews": events(`{"data":{"reviewAdded":null},"errors":[{"message":"pq: secret","path":["reviewAdded"]}]}`, review) + complete,
	}
	got, err := g.subscribe(t, t.Context(), signedIn(), reviewAdded)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d events and %v, want two events", len(got), err)
	}
	got[0].want(t, "an event with an internal error", `{"reviewAdded":null}`,
		"FORBIDDEN reviewAdded.author.email", "INTERNAL reviewAdded of reviews")
	got[1].want(t, "an event without the other subgraphs", `{"reviewAdded":{"id":"r1","author":{"name":"Ada","email":null},"product":{"title":null}}}`,
		"FORBIDDEN reviewAdded.author.email", "SUBGRAPH_UNAVAILABLE reviewAdded.product of catalog")
	if !strings.Contains(g.logs.String(), "pq: secret") {
		t.Errorf("the message that a client does not get is not logged: %s", g.logs)
	}
}

// A client must not take a broken stream for one that has ended.
func TestABrokenStreamEndsWithACode(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	for claim, response := range map[string]string{
		"a stream without complete":  events(strings.Replace(review, `"__typename":"User",`, "", 1)),
		"no stream":                  "",
		"a response of another kind": `{"data":null}`,
	} {
		g.responses = map[string]string{"reviews": response}
		_, err := g.subscribe(t, t.Context(), anonymous(), `subscription { reviewAdded(productId: "p") { id } }`)
		if list, ok := errors.AsType[gqlerr.List](err); !ok || len(list) != 1 || list[0].Extensions["service"] != "reviews" {
			t.Errorf("%s ends with %v, want one error of the subgraph", claim, err)
		}
	}
}

func TestADeniedSubscriptionIsNotOpened(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"reviews": events(strings.Replace(review, "reviewAdded", "myReviews", 1)) + complete}
	const query = `subscription { myReviews { id } }`
	for caller, code := range map[string]gqlerr.Code{"anonymous": gqlerr.Unauthenticated, "user": ""} {
		who := anonymous()
		if caller == "user" {
			who = signedIn()
		}
		got, err := g.subscribe(t, t.Context(), who, query)
		requests := g.take("reviews")
		var codes gqlerr.Code
		if list, ok := errors.AsType[gqlerr.List](err); ok {
			codes = list.Code()
		} else if len(got) > 0 && len(got[0].Errors) > 0 {
			first, _, _ := strings.Cut(got[0].Errors[0], " ")
			codes = gqlerr.Code(first)
		}
		if codes != code || (len(requests) == 0) != (code != "") {
			t.Errorf("%s gets %v, %v after the requests %v, want the code %q", caller, got, err, requests, code)
		}
	}
}

func TestASubscriptionEndsWithItsClient(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"reviews": events(review) + forever}
	op := g.prepare(t, `subscription { reviewAdded(productId: "p") { id } }`, "")
	session := g.executor.NewSession(anonymous(), nil)

	ctx, cancel := context.WithCancel(t.Context())
	err := g.executor.Subscribe(ctx, op, session, func([]byte) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a client that leaves ends its subscription with %v", err)
	}
	gone := fmt.Errorf("connection closed")
	if err := g.executor.Subscribe(t.Context(), op, session, func([]byte) error { return gone }); errors.Is(err, ErrStopped) {
		t.Errorf("a client that cannot be sent to ends its subscription with %v", err)
	}
	err = g.executor.Subscribe(t.Context(), op, session, func([]byte) error {
		go g.executor.Close()
		return nil
	})
	if !errors.Is(err, ErrStopped) {
		t.Errorf("a subscription of a router that stops ends with %v, want ErrStopped", err)
	}
}

func TestASubscriptionThatCompletesWhileTheRouterStopsIsTold(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"reviews": events(review) + complete}
	op := g.prepare(t, `subscription { reviewAdded(productId: "p") { id } }`, "")
	err := g.executor.Subscribe(t.Context(), op, g.executor.NewSession(anonymous(), nil), func([]byte) error {
		go g.executor.Close() // waits for the event
		<-g.executor.stopped
		return nil
	})
	if !errors.Is(err, ErrStopped) {
		t.Errorf("the subscription ends with %v, want ErrStopped", err)
	}
}

func TestAPlanRunsOnlyAsWhatItIs(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	session := g.executor.NewSession(anonymous(), nil)
	if _, err := g.executor.Run(t.Context(), g.prepare(t, reviewAdded, ""), session); err == nil {
		t.Error("a subscription runs as a query")
	}
	err := g.executor.Subscribe(t.Context(), g.prepare(t, `{ greeting }`, ""), session, func([]byte) error { return nil })
	if err == nil {
		t.Error("a query runs as a subscription")
	}
}

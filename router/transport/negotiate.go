package transport

import (
	"mime"
	"strconv"
	"strings"

	"cartograph/router/plan"
)

const (
	jsonType    = "application/json"
	graphqlType = "application/graphql-response+json"
	eventsType  = "text/event-stream"
	mixedType   = "multipart/mixed"
)

// The versions of the two uses of multipart/mixed.
const (
	deferSpec        = "20220824"
	subscriptionSpec = "1.0"
)

// accepted is what a client takes: for each kind of answer how much it likes it,
// up to 1; 0 is not at all.
type accepted struct {
	json, graphql float64
	events        float64 // text/event-stream
	deferred      float64 // multipart/mixed of an answer in parts
	payloads      float64 // multipart/mixed of a subscription
	eventsFirst   bool    // text/event-stream stands before multipart/mixed
}

// form is how an answer is carried.
type form int

const (
	noForm   form = iota
	single        // one JSON object
	events        // server-sent events
	deferred      // parts of one answer
	payloads      // parts that are a subscription's events
)

// accepts reads an Accept header. Nothing, */* and application/* mean
// application/json; no wildcard stands for a stream.
func accepts(header string) accepted {
	switch header {
	case "", "*/*", jsonType:
		return accepted{json: 1}
	}
	var a accepted
	named, any := map[string]bool{}, 0.0
	for part := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			continue
		}
		quality, err := qualityOf(params["q"])
		if err != nil {
			continue
		}
		named[media] = true
		switch media {
		case "*/*", "application/*":
			any = max(any, quality)
		case jsonType:
			a.json = max(a.json, quality)
		case graphqlType:
			a.graphql = max(a.graphql, quality)
		case eventsType:
			a.events = max(a.events, quality)
			a.eventsFirst = !named[mixedType]
		case mixedType:
			a.mixed(params, quality)
		}
	}
	switch { // what is named is meant, whatever a wildcard says
	case !named[jsonType]:
		a.json = any
	case !named[graphqlType] && a.json == 0:
		a.graphql = any
	}
	return a
}

// mixed takes multipart/mixed for the use and version that it names, or for
// both uses if it names none.
func (a *accepted) mixed(params map[string]string, quality float64) {
	subscription, isSubscription := params["subscriptionspec"]
	incremental, isDefer := params["deferspec"]
	if isSubscription && subscription != subscriptionSpec || isDefer && incremental != deferSpec || params["incrementalspec"] != "" {
		return
	}
	if isSubscription || !isDefer {
		a.payloads = max(a.payloads, quality)
	}
	if isDefer || !isSubscription {
		a.deferred = max(a.deferred, quality)
	}
}

func qualityOf(q string) (float64, error) {
	if q == "" {
		return 1, nil
	}
	return strconv.ParseFloat(q, 64)
}

func (a accepted) nothing() bool {
	return max(a.json, a.graphql, a.events, a.deferred, a.payloads) <= 0
}

// media is the type of a single answer; ok is false if the client takes none,
// and then it is that of refusals.
func (a accepted) media() (media string, ok bool) {
	switch {
	case a.graphql > 0 && a.graphql >= a.json:
		return graphqlType, true
	default:
		return jsonType, a.json > 0
	}
}

// formOf chooses by what is asked: clients that could take a stream say so
// first, and on every request.
func (a accepted) formOf(op *plan.Operation) form {
	_, takesSingle := a.media()
	switch {
	case op.Kind == plan.Subscription && a.events > 0 && (a.events > a.payloads || a.events == a.payloads && a.eventsFirst):
		return events
	case op.Kind == plan.Subscription && a.payloads > 0:
		return payloads
	case op.Kind == plan.Subscription:
		return noForm
	case op.Deferred && a.deferred > 0:
		return deferred
	case op.Deferred: // planned so only for those who take parts
		return events
	case takesSingle:
		return single
	case a.events > 0:
		return events
	default:
		return noForm
	}
}

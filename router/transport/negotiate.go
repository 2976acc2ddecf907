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

// accepted is a parsed Accept header: the quality of each kind of answer, from 0,
// not accepted, to 1.
type accepted struct {
	json, graphql float64
	events        float64 // text/event-stream
	deferred      float64 // multipart/mixed of @defer
	payloads      float64 // multipart/mixed of a subscription
	eventsFirst   bool    // text/event-stream precedes multipart/mixed
}

// form of an answer.
type form int

const (
	noForm   form = iota
	single        // one JSON object
	events        // server-sent events
	deferred      // multipart: parts of one answer
	payloads      // multipart: events of a subscription
)

// accepts parses an Accept header. Empty, */* and application/* mean
// application/json; wildcards do not match streams.
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
	switch { // an explicit type takes precedence over a wildcard
	case !named[jsonType]:
		a.json = any
	case !named[graphqlType] && a.json == 0:
		a.graphql = any
	}
	return a
}

// mixed applies multipart/mixed to the use that its parameters name, or to both
// uses without parameters. Unknown versions are ignored.
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

// media is the type of a single answer. With ok false the client accepts none, and
// the type is for refusals.
func (a accepted) media() (media string, ok bool) {
	switch {
	case a.graphql > 0 && a.graphql >= a.json:
		return graphqlType, true
	default:
		return jsonType, a.json > 0
	}
}

// formOf chooses by the operation, not only by the order of Accept: clients that
// support streams list them first, and with every request.
func (a accepted) formOf(op *plan.Operation) form {
	_, acceptsSingle := a.media()
	switch {
	case op.Kind == plan.Subscription && a.events > 0 && (a.events > a.payloads || a.events == a.payloads && a.eventsFirst):
		return events
	case op.Kind == plan.Subscription && a.payloads > 0:
		return payloads
	case op.Kind == plan.Subscription:
		return noForm
	case op.Deferred && a.deferred > 0:
		return deferred
	case op.Deferred: // only planned so for clients that accept one of the two
		return events
	case acceptsSingle:
		return single
	case a.events > 0:
		return events
	default:
		return noForm
	}
}

package webhook

import (
	"context"
	"encoding/json"
	"errors"

	"cartograph/internal/event"
	"cartograph/internal/payloadquery"
	rpcv1 "cartograph/internal/rpc/v1"
)

// PayloadQueries runs queries at the router.
type PayloadQueries interface {
	Run(ctx context.Context, accessToken, query, id string) (json.RawMessage, error)
}

// queried is an event whose data is the result of its endpoint's query. The attribute
// distinguishes it from one that is delivered as it is.
type queried struct {
	event.Envelope
	PayloadQuery bool `json:"payloadquery"`
}

// payload is the body of a message: the event with the result of the endpoint's query, or
// as it is. The reason says why it is as it is although there is a query: a query that
// fails delays no event.
func (w *Worker) payload(ctx context.Context, p event.PartnerEvent, e event.Envelope, endpoint *rpcv1.ReadWebhookEndpointResponse) (body []byte, reason string, err error) {
	if endpoint.GetPayloadQuery() != "" {
		data, err := w.queries.Run(ctx, endpoint.GetAccessToken(), endpoint.GetPayloadQuery(), p.NodeID(e))
		if err == nil {
			e.Data, e.DataSchema = data, ""
			body, err := json.Marshal(queried{e, true})
			return body, "", err
		}
		reason = "the query was not answered in time"
		if failure, ok := errors.AsType[*payloadquery.Failure](err); ok {
			reason = failure.Reason
		} else {
			w.log.WarnContext(ctx, "payload query not answered, the event is delivered as it is", "event_id", e.ID, "err", err)
		}
	}
	body, err = json.Marshal(e)
	return body, reason, err
}

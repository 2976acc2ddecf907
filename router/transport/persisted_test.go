package transport_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/plan"
)

func TestEverySpellingOfADocumentsIDIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	const apq = `{"persistedQuery":{"version":1,"sha256Hash":"known"},"clientLibrary":{"name":"x"}}`
	for name, c := range map[string]struct {
		body string
		get  url.Values
		want plan.Request
	}{
		"hash":             {`{"extensions":` + apq + `}`, url.Values{"extensions": {apq}}, plan.Request{Hash: "known"}},
		"hash and text":    {`{"query":"small","extensions":` + apq + `}`, url.Values{"query": {"small"}, "extensions": {apq}}, plan.Request{Query: "small", Hash: "known"}},
		"documentId":       {`{"documentId":"known"}`, url.Values{"documentId": {"known"}}, plan.Request{DocumentID: "known"}},
		"doc_id":           {`{"doc_id":"known"}`, url.Values{"doc_id": {"known"}}, plan.Request{DocumentID: "known"}},
		"id":               {`{"id":"known","query":null}`, url.Values{"id": {"known"}}, plan.Request{DocumentID: "known"}},
		"id and operation": {`{"id":"known","operationName":"A"}`, url.Values{"id": {"known"}, "operationName": {"A"}}, plan.Request{DocumentID: "known", OperationName: "A"}},
	} {
		s.graph.look(func() { s.graph.requests = nil })
		s.send(t, http.MethodPost, "", c.body).want(t, http.StatusOK, "")
		s.send(t, http.MethodGet, "?"+c.get.Encode(), "").want(t, http.StatusOK, "")
		for i, got := range s.graph.requests {
			got.Variables = nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, request %d (-want +got):\n%s", name, i, diff)
			}
		}
	}
}

func TestUnknownDocumentsAreAnsweredPersistedQueryNotFound(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	const unknown = `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`
	for _, accept := range []string{"", apolloClient} {
		s.send(t, http.MethodPost, "", unknown, "Accept", accept).want(t, http.StatusOK, "PERSISTED_QUERY_NOT_FOUND")
	}
	for _, bad := range []string{
		`{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"known"}}}`,
		`{"extensions":{"persistedQuery":{"sha256Hash":"known"}}}`,
		`{"extensions":{"persistedQuery":"known"}}`,
		`{"documentId":5}`,
		`{"id":""}`,
	} {
		s.send(t, http.MethodPost, "", bad).want(t, http.StatusBadRequest, "BAD_USER_INPUT")
	}
}

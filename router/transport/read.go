package transport

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// input is the content of a request: one operation, or an unparsed batch.
type input struct {
	batch       []byte
	request     plan.Request
	operationID string // of a single connection's operation
}

// parse reads the request from the URL, or from the body of a POST.
func parse(r *http.Request, body []byte) (in input, status int, problem *gqlerr.Error) {
	if r.Method != http.MethodPost {
		return readURL(r)
	}
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		return input{batch: body}, 0, nil
	}
	req, more, problem := decode(body)
	return input{request: req, operationID: more.OperationID}, http.StatusBadRequest, problem
}

func isJSON(contentType string) bool {
	if contentType == jsonType { // the usual case, without parsing
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	return err == nil && media == jsonType && (params["charset"] == "" || strings.EqualFold(params["charset"], "utf-8"))
}

// maxQueryString in bytes; longer operations require POST.
const maxQueryString = 8 << 10

func readURL(r *http.Request) (input, int, *gqlerr.Error) {
	if size := len(r.URL.RawQuery); size > maxQueryString {
		return input{}, http.StatusRequestURITooLong, gqlerr.New(gqlerr.BadUserInput,
			"The query string is longer than %d bytes. Use POST.", maxQueryString).With("limit", maxQueryString).With("actual", size)
	}
	query := r.URL.Query()
	member := func(name string) *string {
		value := query.Get(name)
		return &value
	}
	p := parameters{
		Query: member("query"), OperationName: member("operationName"),
		Variables: json.RawMessage(query.Get("variables")), Extensions: json.RawMessage(query.Get("extensions")),
		DocumentID: member("documentId"), DocID: member("doc_id"), ID: member("id"),
	}
	for name, raw := range map[string]json.RawMessage{"variables": p.Variables, "extensions": p.Extensions} {
		if len(raw) > 0 && !json.Valid(raw) {
			return input{}, http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput, "%s must be a JSON object.", name)
		}
	}
	req, more, problem := p.request()
	return input{request: req, operationID: more.OperationID}, http.StatusBadRequest, problem
}

package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// input is what a request asks: one operation, or a batch as it came.
type input struct {
	batch       []byte
	request     plan.Request
	operationID string // of a single connection's operation
}

// read takes the request from the URL or the body.
func (h *Handler) read(a reply) (in input, status int, problem *gqlerr.Error) {
	if a.r.Method != http.MethodPost {
		return readURL(a.r)
	}
	body, status, problem := h.body(a)
	if problem != nil {
		return input{}, status, problem
	}
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		return input{batch: body}, 0, nil
	}
	req, more, problem := decode(body)
	return input{request: req, operationID: more.OperationID}, http.StatusBadRequest, problem
}

// body reads a POST. Only application/json is taken: any other type that a form
// or a script can send, a page of another site can make a browser send without
// asking us first.
func (h *Handler) body(a reply) ([]byte, int, *gqlerr.Error) {
	if !isJSON(a.r.Header.Get("Content-Type")) {
		return nil, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Type must be %s.", jsonType)
	}
	control := http.NewResponseController(a.w)
	_ = control.SetReadDeadline(time.Now().Add(h.options.Request)) // else a body may trickle for as long as it likes
	body, err := io.ReadAll(http.MaxBytesReader(a.w, a.r.Body, h.options.Body))
	_ = control.SetReadDeadline(time.Time{})
	if err == nil {
		body, err = h.packers.unpack(a.r.Header.Get("Content-Encoding"), body)
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return body, 0, nil
	case errors.Is(err, errUnknownEncoding):
		a.w.Header().Set("Accept-Encoding", strings.Join(unpackings, ", "))
		return nil, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Encoding may be %s.", strings.Join(unpackings, " or "))
	case tooLarge || errors.Is(err, errTooLarge):
		problem := gqlerr.New(gqlerr.BadUserInput, "The request is larger than %d bytes.", h.options.Body).With("limit", h.options.Body)
		if tooLarge && a.r.ContentLength > 0 {
			problem = problem.With("actual", a.r.ContentLength)
		}
		return nil, http.StatusRequestEntityTooLarge, problem
	default:
		return nil, http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput, "The request could not be read to its end.")
	}
}

func isJSON(contentType string) bool {
	if contentType == jsonType { // as nearly everybody writes it
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	return err == nil && media == jsonType && (params["charset"] == "" || strings.EqualFold(params["charset"], "utf-8"))
}

// longestURL is for a query in a URL, in bytes. What is longer belongs in a body.
const longestURL = 8 << 10

func readURL(r *http.Request) (input, int, *gqlerr.Error) {
	if size := len(r.URL.RawQuery); size > longestURL {
		return input{}, http.StatusRequestURITooLong, gqlerr.New(gqlerr.BadUserInput,
			"The query string is longer than %d bytes. Use POST.", longestURL).With("limit", longestURL).With("actual", size)
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

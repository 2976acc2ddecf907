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

// input is the content of a request: one operation, or an unparsed batch.
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

// body reads a POST. Only application/json is accepted: the types that an HTML form
// can send need no CORS preflight, so any site could send them from its visitors'
// browsers.
func (h *Handler) body(a reply) ([]byte, int, *gqlerr.Error) {
	if !isJSON(a.r.Header.Get("Content-Type")) {
		return nil, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Type must be %s.", jsonType)
	}
	control := http.NewResponseController(a.w)
	_ = control.SetReadDeadline(time.Now().Add(h.options.Request)) // else a slow body would occupy the limiter forever
	body, err := io.ReadAll(http.MaxBytesReader(a.w, a.r.Body, h.options.Body))
	_ = control.SetReadDeadline(time.Time{})
	if err == nil {
		body, err = h.compression.decompress(a.r.Header.Get("Content-Encoding"), body)
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return body, 0, nil
	case errors.Is(err, errUnknownEncoding):
		a.w.Header().Set("Accept-Encoding", strings.Join(requestEncodings, ", "))
		return nil, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Encoding may be %s.", strings.Join(requestEncodings, " or "))
	case tooLarge || errors.Is(err, errTooLarge):
		problem := gqlerr.New(gqlerr.BadUserInput, "The request is larger than %d bytes.", h.options.Body).With("limit", h.options.Body)
		if tooLarge && a.r.ContentLength > 0 {
			problem = problem.With("actual", a.r.ContentLength)
		}
		return nil, http.StatusRequestEntityTooLarge, problem
	default:
		return nil, http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput, "The request body could not be read.")
	}
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

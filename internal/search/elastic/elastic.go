// Package elastic is a search.Searcher on Elasticsearch 8.
//
// Texts are analysed by package search before they are indexed and before they are
// queried, so an index needs no analyzers, plugins or scripts and finds what the
// embedded one finds. Only features of the server's core are used.
//
// A document has the product's version as its external version: an older one is
// refused by Elasticsearch. A removed product leaves a document that no query finds,
// so that an older version does not restore it.
package elastic

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"cartograph/internal/search"
)

// Config is where the index is.
type Config struct {
	URL   string // may have a user and a password
	Alias string // of the index that is searched
	// Refresh is how long after a write Elasticsearch makes it visible; Upsert and
	// Delete wait for that. 0 makes every write visible at once, which costs more.
	Refresh    time.Duration
	Currencies []string // that the shop sells in
}

// Index is a Searcher.
type Index struct {
	transport  *elastictransport.Client
	alias      string
	refresh    time.Duration
	currencies []string
	mapped     atomic.Bool // the index has all fields
}

var _ search.Searcher = (*Index)(nil)

const (
	// writeTimeout bounds the wait for an answer to a batch of documents. Searches have
	// deadlines of their own.
	writeTimeout = time.Minute
	maxIdle      = 32 // connections that stay open between searches
)

// New returns the index behind the alias. It sends no request: the index is created
// by the first use.
func New(cfg Config) (*Index, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("ELASTICSEARCH_URL %q is not a URL", cfg.URL)
	}
	connections := http.DefaultTransport.(*http.Transport).Clone()
	connections.ResponseHeaderTimeout = writeTimeout
	connections.MaxIdleConnsPerHost = maxIdle
	transport, err := elastictransport.NewClient(
		elastictransport.WithURLs(u), elastictransport.WithRetry(1, http.StatusBadGateway, http.StatusGatewayTimeout),
		elastictransport.WithTransport(connections),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to Elasticsearch: %w", err)
	}
	return &Index{transport: transport, alias: cfg.Alias, refresh: cfg.Refresh, currencies: search.Currencies(cfg.Currencies)}, nil
}

// request is one of esapi's.
type request interface {
	Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error)
}

// statusError is a response that reports an error.
type statusError struct {
	status int
	kind   string
	reason string
}

// The reason may quote the whole value of a field.
func (e *statusError) Error() string { return fmt.Sprintf("%d %s: %.300s", e.status, e.kind, e.reason) }

const productHeader, productName = "X-Elastic-Product", "Elasticsearch"

// do sends a request and decodes its response. Numbers of interface type are
// json.Number, which is exact.
func (x *Index) do(ctx context.Context, r request, into any) error {
	response, err := r.Do(ctx, x.transport)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", search.ErrUnavailable, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.IsError() {
		return errorOf(response)
	}
	if response.Header.Get(productHeader) != productName {
		return fmt.Errorf("the server is not Elasticsearch: its response has no header %s", productHeader)
	}
	if into == nil {
		_, err := io.Copy(io.Discard, response.Body)
		return err
	}
	decoder := json.NewDecoder(response.Body)
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: read the response: %w", search.ErrUnavailable, err)
	}
	return nil
}

func errorOf(response *esapi.Response) error {
	var body struct {
		Error json.RawMessage
	}
	var details struct {
		Type, Reason string
		RootCause    []struct{ Type, Reason string } `json:"root_cause"`
	}
	_ = json.NewDecoder(response.Body).Decode(&body)
	_ = json.Unmarshal(body.Error, &details) // some responses have no body
	if details.Type == "search_phase_execution_exception" && len(details.RootCause) > 0 {
		details.Type, details.Reason = details.RootCause[0].Type, details.RootCause[0].Reason
	}
	err := &statusError{response.StatusCode, details.Type, details.Reason}
	if err.status == http.StatusTooManyRequests || err.status >= 500 {
		return fmt.Errorf("%w: %w", search.ErrUnavailable, err)
	}
	return err
}

// missing reports whether err is that the alias has no index yet.
func missing(err error) bool {
	failed, ok := errors.AsType[*statusError](err)
	return ok && failed.status == http.StatusNotFound
}

// refreshes is the parameter of a write: it waits until the write is visible.
func (x *Index) refreshes() string {
	if x.refresh == 0 {
		return "true"
	}
	return "wait_for"
}

// maxBulk bounds the body of one bulk request, in bytes.
const maxBulk = 8 << 20

// Upsert indexes documents, each unless a newer version is indexed.
func (x *Index) Upsert(ctx context.Context, documents ...search.Document) error {
	lines, err := x.lines(documents)
	if err != nil {
		return err
	}
	return x.write(ctx, lines)
}

func (x *Index) lines(documents []search.Document) ([][]byte, error) {
	lines := make([][]byte, 0, 2*len(documents))
	for i := range documents {
		d := &documents[i]
		source, err := x.source(d)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", d.ID, err)
		}
		lines = append(lines, action(d.ID, d.Version, "external"), source)
	}
	return lines, nil
}

// Delete removes documents, each unless a newer version is indexed.
func (x *Index) Delete(ctx context.Context, deletions ...search.Deletion) error {
	var lines [][]byte
	for _, d := range deletions {
		lines = append(lines, action(d.ID, d.Version, "external_gte"), []byte(`{"live":false}`))
	}
	return x.write(ctx, lines)
}

func action(id string, version int64, versionType string) []byte {
	quoted, _ := json.Marshal(id) // a string has an encoding
	return []byte(`{"index":{"_id":` + string(quoted) + `,"version":` + strconv.FormatInt(version, 10) + `,"version_type":"` + versionType + `"}}`)
}

// bulk sends pairs of lines: an action and its document. What the node refuses holds back
// none of the others: it is a *search.RefusedError at the end.
func (x *Index) bulk(ctx context.Context, index string, lines [][]byte) error {
	var refused search.RefusedError
	for len(lines) > 0 {
		var body bytes.Buffer
		for len(lines) > 0 && body.Len() < maxBulk {
			for _, line := range lines[:2] {
				body.Write(line)
				body.WriteByte('\n')
			}
			lines = lines[2:]
		}
		if err := x.sendBulk(ctx, index, body.Bytes(), &refused); err != nil {
			return fmt.Errorf("write to the index %s: %w", index, err)
		}
	}
	if len(refused.IDs) > 0 {
		return &refused
	}
	return nil
}

// sendBulk ignores version conflicts: what is indexed is newer.
func (x *Index) sendBulk(ctx context.Context, index string, body []byte, refused *search.RefusedError) error {
	var result struct {
		Errors bool
		Items  []map[string]struct {
			ID     string `json:"_id"`
			Status int
			Error  struct{ Type, Reason string }
		}
	}
	// Without it Elasticsearch creates an index of the name where an alias is missing.
	required := true
	send := func() error {
		return x.do(ctx, esapi.BulkRequest{
			Index: index, Body: bytes.NewReader(body), Refresh: x.refreshes(), RequireAlias: &required,
			FilterPath: []string{"errors", "items.*._id", "items.*.status", "items.*.error.type", "items.*.error.reason"},
		}, &result)
	}
	if err := send(); err != nil {
		return err
	}
	if index == x.alias && len(result.Items) > 0 && result.Items[0]["index"].Status == http.StatusNotFound {
		if err := x.ensure(ctx); err != nil {
			return err
		}
		if err := send(); err != nil {
			return err
		}
	}
	if !result.Errors {
		return nil
	}
	for _, item := range result.Items {
		for _, r := range item {
			if r.Status >= 300 && r.Status != http.StatusConflict {
				failed := &statusError{r.Status, r.Error.Type, r.Error.Reason}
				switch {
				case r.Status == http.StatusTooManyRequests || r.Status >= 500:
					return fmt.Errorf("%w: %w", search.ErrUnavailable, failed)
				case r.Status != http.StatusBadRequest: // of the index, not of the document
					return failed
				}
				refused.IDs, refused.Reason = append(refused.IDs, r.ID), cmp.Or(refused.Reason, error(failed))
			}
		}
	}
	return nil
}

func (x *Index) search(ctx context.Context, body object, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	send := func() error {
		return x.do(ctx, esapi.SearchRequest{Index: []string{x.alias}, Body: bytes.NewReader(encoded)}, into)
	}
	if err := send(); !missing(err) {
		return err
	}
	if err := x.ensure(ctx); err != nil {
		return err
	}
	return send()
}

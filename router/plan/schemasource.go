package plan

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/httpclient"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/introspection_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// introspectionCache answers introspection from what the engine's source wrote
// before: that encodes the whole schema anew for each request. The answers are
// the schema and its types, so that their number is bounded; an unknown type is
// not kept. It is safe for concurrent use.
type introspectionCache struct {
	mu      sync.Mutex
	answers map[string][]byte // by the source's input
}

// use makes the introspection fetches of a plan read from the cache.
func (c *introspectionCache) use(node *resolve.FetchTreeNode) {
	if node == nil {
		return
	}
	if node.Item != nil {
		if fetch, ok := node.Item.Fetch.(*resolve.SingleFetch); ok {
			if source, ok := fetch.DataSource.(*introspection_datasource.Source); ok {
				fetch.DataSource = &introspectionSource{c, source}
			}
		}
	}
	for _, child := range node.ChildNodes {
		c.use(child)
	}
}

type introspectionSource struct {
	cache  *introspectionCache
	source resolve.DataSource
}

// Load returns a copy: who parses it may keep references into it.
func (s *introspectionSource) Load(ctx context.Context, headers http.Header, input []byte) ([]byte, error) {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if answer, ok := s.cache.answers[string(input)]; ok {
		return bytes.Clone(answer), nil
	}
	answer, err := s.source.Load(ctx, headers, input)
	if err == nil && !bytes.Equal(answer, []byte("null")) {
		s.cache.answers[string(input)] = bytes.Clone(answer)
	}
	return answer, err
}

// LoadWithFiles is of no use for introspection; the source refuses it.
func (s *introspectionSource) LoadWithFiles(ctx context.Context, headers http.Header, input []byte, files []*httpclient.FileUpload) ([]byte, error) {
	return s.source.LoadWithFiles(ctx, headers, input, files)
}

package memory_test

import (
	"testing"

	"cartograph/internal/search"
	"cartograph/internal/search/memory"
	"cartograph/internal/search/searchtest"
)

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(*testing.T) search.Searcher { return memory.New("EUR") })
}

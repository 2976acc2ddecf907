package app

import (
	"context"
	"time"

	"cartograph/internal/search"
	"cartograph/internal/search/elastic"
	"cartograph/internal/search/postgres"
)

// SearchConfig is the index that products are found in: Elasticsearch if it has a
// URL, else the embedded one. The roles product and searchindex need the same.
type SearchConfig struct {
	URL string `env:"URL"`
	// Index is the alias of the index. Several shops may share a cluster.
	Index string `env:"INDEX" envDefault:"cartograph-products"`
	// Refresh is how long a change waits until searches have it, in milliseconds.
	RefreshMilliseconds int `env:"REFRESH_MILLISECONDS" envDefault:"250" min:"50" max:"60000"`
	// Fallback keeps the embedded index current too, for searches while
	// Elasticsearch is away. Without it they fail, and pages are not affected.
	Fallback bool `env:"FALLBACK" envDefault:"true"`
}

func (c *SearchConfig) index(currencies []string) elastic.Config {
	return elastic.Config{URL: c.URL, Alias: c.Index, Refresh: time.Duration(c.RefreshMilliseconds) * time.Millisecond, Currencies: currencies}
}

// searcher returns the index of the configuration, and the embedded one if it is
// searched: a role that searches keeps that current.
func (s *service) searcher(ctx context.Context) (search.Searcher, *postgres.Index, error) {
	embedded := postgres.New(s.pool, s.cfg.Product.Currencies...)
	cfg := s.cfg.Elasticsearch
	if cfg.URL == "" {
		return embedded, embedded, nil
	}
	remote, err := elastic.New(cfg.index(s.cfg.Product.Currencies))
	if err != nil {
		return nil, nil, err
	}
	changed := func(circuit, from, to string) {
		s.log.WarnContext(ctx, "circuit of the search index changed", "circuit", circuit, "from", from, "to", to)
	}
	if !cfg.Fallback {
		return search.NewGuarded(remote, nil, changed), nil, nil
	}
	return search.NewGuarded(remote, embedded, changed), embedded, nil
}

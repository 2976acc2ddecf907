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

// searcher returns the index of the configuration, and the task that keeps it current
// in a role that searches.
func (s *service) searcher(ctx context.Context) (index search.Searcher, follow func(context.Context) error, err error) {
	embedded := postgres.New(s.pool, s.cfg.Product.Currencies...)
	cfg := s.cfg.Elasticsearch
	follow = func(ctx context.Context) error { return embedded.Run(ctx, s.log) }
	if cfg.URL == "" {
		return embedded, follow, nil
	}
	remote, err := elastic.New(cfg.index(s.cfg.Product.Currencies))
	if err != nil {
		return nil, nil, err
	}
	var fallback search.Searcher
	if cfg.Fallback {
		fallback = embedded
	} else {
		follow = func(context.Context) error { return nil }
	}
	return search.NewGuarded(remote, fallback, func(from, to string) {
		s.log.WarnContext(ctx, "circuit of the search index changed", "from", from, "to", to)
	}), follow, nil
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"

	"cartograph/consumers/searchindex"
	"cartograph/internal/embedded"
	"cartograph/internal/kafka"
	"cartograph/internal/search"
	"cartograph/internal/search/elastic"
	"cartograph/internal/search/postgres"
)

// runSearch runs `cartograph search rebuild`.
func runSearch(ctx context.Context, cfg Config, words []string, w io.Writer) error {
	if len(words) != 1 || words[0] != "rebuild" {
		return errors.New("search has one command: cartograph search rebuild")
	}
	return RebuildSearch(ctx, cfg, w)
}

// RebuildSearch fills a new search index beside the one that is searched, from the
// compacted topics of the event log, and swaps them, with progress bars on w. It works
// on the services that cfg names, else on those of the instance that runs on the data
// folder. If it is cut off, it can be repeated.
func RebuildSearch(ctx context.Context, cfg Config, w io.Writer) error {
	if len(cfg.KafkaBrokers) == 0 {
		broker, running := embedded.RunningKafka(ctx, filepath.Join(cfg.DataDir, kafkaDir))
		if !running {
			return errors.New("KAFKA_BROKERS is not set: name a broker, or start cartograph first")
		}
		cfg.KafkaBrokers = []string{broker}
	}
	databases, err := openDatabases(ctx, cfg, slices.DeleteFunc(roles(), func(r role) bool { return r.name != "product" }))
	if err != nil {
		return err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	pool := databases.pools["product"]
	if pool == nil {
		return errors.New("PRODUCT_DATABASE_URL is not set: name the database, or start cartograph first")
	}
	var indexes []search.Rebuilder
	if cfg.Elasticsearch.URL == "" || cfg.Elasticsearch.Fallback {
		indexes = append(indexes, postgres.New(pool, cfg.Product.Currencies...))
	}
	if cfg.Elasticsearch.URL != "" {
		remote, err := elastic.New(cfg.Elasticsearch.index(cfg.Product.Currencies))
		if err != nil {
			return err
		}
		indexes = append(indexes, remote)
	}
	worker := searchindex.NewWorker(pool, indexes[0], slog.New(slog.DiscardHandler))
	events := newBar(w, "events")
	err = kafka.ReadStates(ctx, cfg.KafkaBrokers, searchindex.States(), worker.Restore(), func(done, of int64) {
		events.ChangeMax64(of)
		_ = events.Set64(done)
	})
	if err != nil {
		return err
	}
	for _, index := range indexes {
		products := newBar(w, "products")
		err := searchindex.Rebuild(ctx, pool, index, func(done, of int) {
			products.ChangeMax(of)
			_ = products.Set(done)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func newBar(w io.Writer, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { _, _ = fmt.Fprintln(w) }))
}

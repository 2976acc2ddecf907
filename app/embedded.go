package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/embedded"
	"cartograph/internal/embedded/mail"
	"cartograph/internal/embedded/postgres"
	"cartograph/internal/embedded/s3"
	"cartograph/internal/settings"
)

// postgresDir is the embedded cluster's place in the data folder.
const postgresDir = "postgres"

// kafkaDir is the embedded broker's.
const kafkaDir = "kafka"

// s3Dir is the embedded object store's.
const s3Dir = "s3"

// databasePrefix stands before a role's name in the name of its database.
const databasePrefix = "cartograph_"

// embeddedServices run in place of the services for which no URL is given.
// They only fill in empty URLs: that is the whole difference between a laptop
// and a cluster.
type embeddedServices struct {
	postgres *postgres.Cluster
	kafka    *embedded.Kafka
	redis    *embedded.Redis
	mail     *mail.Server
	s3       *s3.Server
}

// startEmbedded starts what cfg has no URL for and writes the URLs into cfg. The
// caller stops the services, also after an error: some may have started.
func startEmbedded(ctx context.Context, cfg *Config, steps *progress, log *slog.Logger) (*embeddedServices, error) {
	e := &embeddedServices{}
	var g errgroup.Group
	steps.expect(postgresStep, 1)
	g.Go(func() error {
		return steps.run(postgresStep, func() error { return e.startPostgres(ctx, cfg, log) })
	})
	g.Go(func() (err error) {
		if len(cfg.KafkaBrokers) > 0 {
			return nil
		}
		if e.kafka, err = embedded.StartKafka(filepath.Join(cfg.DataDir, kafkaDir), "", log); err == nil {
			cfg.KafkaBrokers = []string{e.kafka.Addr()}
		}
		return err
	})
	g.Go(func() (err error) {
		if cfg.RedisURL != "" {
			return nil
		}
		if e.redis, err = embedded.StartRedis(""); err == nil {
			cfg.RedisURL = "redis://" + e.redis.Addr()
		}
		return err
	})
	g.Go(func() (err error) {
		if cfg.SMTPURL != "" {
			return nil
		}
		if e.mail, err = mail.Start(filepath.Join(cfg.DataDir, "mail"), "", log); err == nil {
			cfg.SMTPURL = "smtp://" + e.mail.Addr()
		}
		return err
	})
	g.Go(func() (err error) {
		if cfg.S3URL != "" {
			return nil
		}
		if e.s3, err = s3.Start(s3.Config{Dir: filepath.Join(cfg.DataDir, s3Dir), Log: log}); err == nil {
			cfg.S3URL = e.s3.URL()
			// The router passes uploads on: a client may reach no other address.
			cfg.S3PublicURL = cmp.Or(cfg.S3PublicURL, origin(cfg.Router.PublicURL))
		}
		return err
	})
	return e, g.Wait()
}

// origin is the scheme and host of a URL.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

func (e *embeddedServices) startPostgres(ctx context.Context, cfg *Config, log *slog.Logger) (err error) {
	var names []string
	for name, url := range databases(cfg) {
		if *url == "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		shareDatabases(cfg)
		return nil
	}
	e.postgres, err = postgres.Start(ctx, postgres.Config{Dir: filepath.Join(cfg.DataDir, postgresDir), Databases: names, Log: log})
	if err != nil {
		return err
	}
	fillDatabaseURLs(cfg, e.postgres)
	return nil
}

// watch reports an embedded service that ended too early.
func (e *embeddedServices) watch(ctx context.Context) error {
	if e.postgres == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-e.postgres.Done():
		return errors.New("the embedded Postgres exited; see its log in the data folder")
	}
}

// stop ends the embedded services after the roles that use them.
func (e *embeddedServices) stop() error {
	var err error
	if e.mail != nil {
		e.mail.Close()
	}
	if e.s3 != nil {
		e.s3.Close()
	}
	if e.kafka != nil {
		e.kafka.Close()
	}
	if e.redis != nil {
		e.redis.Close()
	}
	if e.postgres != nil {
		err = errors.Join(err, e.postgres.Stop())
	}
	return err
}

// describe lists each service with its address.
func (e *embeddedServices) describe(cfg Config) [][2]string {
	or := func(embedded bool, description, url string) string {
		if embedded {
			return "embedded: " + description
		}
		return settings.Masked("", url)
	}
	var pg, kafka string
	if e.postgres != nil {
		pg = e.postgres.String()
	}
	if e.kafka != nil {
		kafka = e.kafka.Addr()
	}
	return [][2]string{
		{"Postgres", or(e.postgres != nil, pg, cfg.Product.DatabaseURL)},
		{"Kafka", or(e.kafka != nil, kafka, fmt.Sprint(cfg.KafkaBrokers))},
		{"Redis", or(e.redis != nil, cfg.RedisURL, cfg.RedisURL)},
		{"SMTP", or(e.mail != nil, cfg.SMTPURL, cfg.SMTPURL)},
		{"S3", or(e.s3 != nil, settings.Masked("", cfg.S3URL), cfg.S3URL)},
		{"Payments", "embedded: gateway simulator"},
	}
}

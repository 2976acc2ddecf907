package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/embedded"
	"cartograph/internal/embedded/mail"
	"cartograph/internal/embedded/postgres"
	"cartograph/internal/settings"
)

// postgresDir is the embedded cluster's place in the data folder.
const postgresDir = "postgres"

// standins are what runs in place of the services for which no URL is given.
// They only fill in empty URLs: that is the whole difference between a laptop
// and a cluster.
type standins struct {
	postgres *postgres.Cluster
	kafka    *embedded.Kafka
	redis    *embedded.Redis
	mail     *mail.Server
}

// databases names each role's database in the embedded cluster, by the
// variable that would name another.
func databases(cfg *Config) map[string]*string {
	return map[string]*string{
		"cartograph_user":         &cfg.User.DatabaseURL,
		"cartograph_product":      &cfg.Product.DatabaseURL,
		"cartograph_cart":         &cfg.Cart.DatabaseURL,
		"cartograph_order":        &cfg.Order.DatabaseURL,
		"cartograph_payment":      &cfg.Payment.DatabaseURL,
		"cartograph_inventory":    &cfg.Inventory.DatabaseURL,
		"cartograph_notification": &cfg.Notification.DatabaseURL,
		"cartograph_gatewaysim":   &cfg.GatewaySim.DatabaseURL,
	}
}

// startStandins starts what cfg leaves empty and writes where it is into cfg.
func startStandins(ctx context.Context, cfg *Config, log *slog.Logger) (_ *standins, err error) {
	s := &standins{}
	defer func() { //nolint:contextcheck // also after ctx has ended
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if cfg.InternalTokenSecret == "" {
		cfg.InternalTokenSecret = rand.Text() + rand.Text() // only this process must know it
	}
	var g errgroup.Group
	g.Go(func() error { return s.startPostgres(ctx, cfg, log) })
	g.Go(func() (err error) {
		if len(cfg.KafkaBrokers) > 0 {
			return nil
		}
		if s.kafka, err = embedded.StartKafka(filepath.Join(cfg.DataDir, "kafka"), "", log); err == nil {
			cfg.KafkaBrokers = []string{s.kafka.Addr()}
		}
		return err
	})
	g.Go(func() (err error) {
		if cfg.RedisURL != "" {
			return nil
		}
		if s.redis, err = embedded.StartRedis(""); err == nil {
			cfg.RedisURL = "redis://" + s.redis.Addr()
		}
		return err
	})
	g.Go(func() (err error) {
		if cfg.SMTPURL != "" {
			return nil
		}
		if s.mail, err = mail.Start(filepath.Join(cfg.DataDir, "mail"), "", log); err == nil {
			cfg.SMTPURL = "smtp://" + s.mail.Addr()
		}
		return err
	})
	return s, g.Wait()
}

func (s *standins) startPostgres(ctx context.Context, cfg *Config, log *slog.Logger) (err error) {
	var names []string
	for name, url := range databases(cfg) {
		if *url == "" {
			names = append(names, name)
		}
	}
	if cfg.SearchIndex.DatabaseURL == "" {
		defer func() { cfg.SearchIndex.DatabaseURL = cfg.Product.DatabaseURL }()
	}
	if len(names) == 0 {
		return nil
	}
	s.postgres, err = postgres.Start(ctx, postgres.Config{Dir: filepath.Join(cfg.DataDir, postgresDir), Databases: names, Log: log})
	if err != nil {
		return err
	}
	for name, url := range databases(cfg) {
		if *url == "" {
			*url = s.postgres.URL(name)
		}
	}
	return nil
}

// watch reports a stand-in that ended before its time.
func (s *standins) watch(ctx context.Context) error {
	if s.postgres == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.postgres.Done():
		return errors.New("the embedded Postgres ended; see its log in the data folder")
	}
}

// stop ends the stand-ins after the roles that use them.
func (s *standins) stop() error {
	var err error
	if s.mail != nil {
		s.mail.Close()
	}
	if s.kafka != nil {
		s.kafka.Close()
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.postgres != nil {
		err = errors.Join(err, s.postgres.Stop())
	}
	return err
}

// describe tells what stands in for what, a line each.
func (s *standins) describe(cfg Config) [][2]string {
	or := func(embedded bool, description, url string) string {
		if embedded {
			return "embedded: " + description
		}
		return settings.Masked("", url)
	}
	var pg, kafka string
	if s.postgres != nil {
		pg = s.postgres.String()
	}
	if s.kafka != nil {
		kafka = s.kafka.Addr()
	}
	return [][2]string{
		{"Postgres", or(s.postgres != nil, pg, cfg.Product.DatabaseURL)},
		{"Kafka", or(s.kafka != nil, kafka, fmt.Sprint(cfg.KafkaBrokers))},
		{"Redis", or(s.redis != nil, cfg.RedisURL, cfg.RedisURL)},
		{"SMTP", or(s.mail != nil, cfg.SMTPURL, cfg.SMTPURL)},
		{"Payments", "embedded: gateway simulator"},
	}
}

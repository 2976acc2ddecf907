package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// A need is a service beside its own database that a role cannot be started
// without being told of.
type need uint8

const (
	needsKafka need = 1 << iota
	needsRedis
)

// kafkaPatience is how long a start waits for Kafka. Customers are served
// without it: what happens meanwhile is told when it is back.
const (
	kafkaPatience = 5 * time.Second
	kafkaPause    = 250 * time.Millisecond
)

func (s *system) connect(ctx context.Context, play []role) (err error) {
	if s.internal, err = auth.NewInternal(s.cfg.InternalTokenSecret); err != nil {
		return fmt.Errorf("INTERNAL_TOKEN_SECRET: %w", err)
	}
	needed := func(n need) bool { return slices.ContainsFunc(play, func(r role) bool { return r.needs&n != 0 }) }
	if needed(needsKafka) {
		if err := s.connectKafka(ctx); err != nil {
			return err
		}
	}
	if needed(needsRedis) {
		return s.connectRedis()
	}
	return nil
}

func (s *system) connectKafka(ctx context.Context) (err error) {
	if len(s.cfg.KafkaBrokers) == 0 {
		return errors.New("KAFKA_BROKERS is not set: name a broker, or run all roles on embedded ones")
	}
	if s.kafka, err = kafka.NewClient(s.cfg.KafkaBrokers); err != nil {
		return fmt.Errorf("KAFKA_BROKERS: %w", err)
	}
	patience, cancel := context.WithTimeout(ctx, kafkaPatience)
	defer cancel()
	if err := s.createTopics(patience); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.noTopics = true
		s.log.WarnContext(ctx, "Kafka is away; it is waited for beside the work", "err", err)
	}
	return nil
}

// createTopics tries until it has succeeded or ctx has ended. A broker that has
// just started refuses for a moment.
func (s *system) createTopics(ctx context.Context) error {
	for {
		err := kafka.CreateTopics(ctx, s.kafka, s.cfg.KafkaReplication, s.log, event.Topics()...)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(kafkaPause):
		case <-ctx.Done():
			return err
		}
	}
}

// createTopicsLate does what the start could not.
func (s *system) createTopicsLate(ctx context.Context) error {
	if err := s.createTopics(ctx); err == nil {
		s.log.InfoContext(ctx, "Kafka is there")
	}
	return nil
}

func (s *system) connectRedis() error {
	if s.cfg.RedisURL == "" {
		return errors.New("REDIS_URL is not set: name a server, or run all roles on embedded ones")
	}
	options, err := redis.ParseURL(s.cfg.RedisURL)
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	// Whoever asks Redis can do without: better no answer than a late one.
	options.DialTimeout, options.DialerRetries, options.MaxRetries = 250*time.Millisecond, 1, 1
	s.redis = redis.NewClient(options)
	return nil
}

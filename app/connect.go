package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/wakeup"
)

// A need is a service, beside its own database, whose URL a role requires.
type need uint8

const (
	needsKafka need = 1 << iota
	needsRedis
)

const (
	// kafkaStartTimeout is how long a start waits for Kafka. Requests are served
	// without it; their events wait in the outbox.
	kafkaStartTimeout = 5 * time.Second
	kafkaRetryEvery   = 250 * time.Millisecond
)

func (p *process) connect(ctx context.Context, chosen []role) (err error) {
	if err := p.loadKeys(chosen); err != nil {
		return err
	}
	needed := func(n need) bool { return slices.ContainsFunc(chosen, func(r role) bool { return r.needs&n != 0 }) }
	if needed(needsKafka) {
		if err := p.connectKafka(ctx); err != nil {
			return err
		}
	}
	if needed(needsRedis) {
		return p.connectRedis()
	}
	return nil
}

func (p *process) connectKafka(ctx context.Context) (err error) {
	if len(p.cfg.KafkaBrokers) == 0 {
		return errors.New("KAFKA_BROKERS is not set: name a broker, or run all roles with embedded services")
	}
	if p.kafka, err = kafka.NewClient(p.cfg.KafkaBrokers); err != nil {
		return fmt.Errorf("KAFKA_BROKERS: %w", err)
	}
	startCtx, cancel := context.WithTimeout(ctx, kafkaStartTimeout)
	defer cancel()
	if err := p.createTopics(startCtx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.topicsMissing = true
		p.log.WarnContext(ctx, p.whyTopicsAreMissing(ctx)+", retrying in the background", "err", err)
	}
	return nil
}

// whyTopicsAreMissing is what the start has waited for in vain: a broker that
// answers is not away, but may be electing leaders.
func (p *process) whyTopicsAreMissing(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if p.kafka.Ping(ctx) == nil {
		return "waiting for topic metadata"
	}
	return "Kafka is unreachable"
}

// createTopics retries until it succeeds or ctx ends. A broker that has just
// started refuses for a moment.
func (p *process) createTopics(ctx context.Context) error {
	for {
		err := kafka.CreateTopics(ctx, p.kafka, p.cfg.KafkaReplication, p.log, event.Topics()...)
		if err == nil {
			return nil
		}
		if !wakeup.Sleep(ctx, kafkaRetryEvery) {
			return err
		}
	}
}

// retryTopics creates the topics that the start could not.
func (p *process) retryTopics(ctx context.Context) error {
	if err := p.createTopics(ctx); err == nil {
		p.log.InfoContext(ctx, "topics are created")
	}
	return nil
}

func (p *process) connectRedis() error {
	if p.cfg.RedisURL == "" {
		return errors.New("REDIS_URL is not set: name a server, or run all roles with embedded services")
	}
	options, err := redis.ParseURL(p.cfg.RedisURL)
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	// Redis is a cache to every caller: failing fast beats a late answer.
	options.DialTimeout, options.DialerRetries, options.MaxRetries = 250*time.Millisecond, 1, 1
	p.redis = redis.NewClient(options)
	return nil
}

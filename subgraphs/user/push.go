package user

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/fetch"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user/db"
)

const (
	maxPushSubscriptions = 20
	maxPushEndpoint      = 2000
	pushSecretBytes      = 16
)

// PushSubscription is what a browser returns from PushManager.subscribe.
type PushSubscription struct {
	Endpoint string
	P256dh   string
	Auth     string
}

// EnablePush accepts push subscriptions for the shop's public key. Private addresses are
// for demos and tests.
func (s *Service) EnablePush(publicKey string, allowPrivate bool) {
	s.pushKey, s.pushPrivate = publicKey, allowPrivate
}

func (s *Service) checkPush(p PushSubscription) error {
	if s.pushKey == "" {
		return fault.Localized(fault.Invalid, "notification.push_off").At("input")
	}
	var c checks
	u, err := url.Parse(p.Endpoint)
	if err != nil || len(p.Endpoint) > maxPushEndpoint || fetch.CheckURL(u, s.pushPrivate) != nil || u.Scheme != "https" && !s.pushPrivate {
		c.add(fault.Localized(fault.Invalid, "notification.push_endpoint"), "input", "endpoint")
	}
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(p.P256dh, "="))
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	if err != nil {
		c.add(fault.Localized(fault.Invalid, "notification.push_key"), "input", "p256dh")
	}
	secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(p.Auth, "="))
	if err != nil || len(secret) != pushSecretBytes {
		c.add(fault.Localized(fault.Invalid, "notification.push_key"), "input", "auth")
	}
	return c.err()
}

// RegisterPush makes a browser or app of the caller's session receive push messages.
func (s *Service) RegisterPush(ctx context.Context, p PushSubscription) error {
	if err := s.checkPush(p); err != nil {
		return err
	}
	err := s.changeSelf(ctx, func(tx pgx.Tx, self db.User) error {
		q, session := db.New(tx), auth.From(ctx).SessionID
		own, err := q.HasSession(ctx, db.HasSessionParams{ID: session, UserID: &self.ID})
		if err != nil {
			return err
		}
		if !own {
			return sessionEnded()
		}
		err = q.SavePushSubscription(ctx, db.SavePushSubscriptionParams{
			ID: id.New(id.PushSubscription), UserID: self.ID, SessionID: session, Endpoint: p.Endpoint,
			P256dh: strings.TrimRight(p.P256dh, "="), Auth: strings.TrimRight(p.Auth, "="), Now: s.Now(),
		})
		if err != nil {
			return err
		}
		return q.DeleteExcessPushSubscriptions(ctx, db.DeleteExcessPushSubscriptionsParams{UserID: self.ID, Most: maxPushSubscriptions})
	})
	if err != nil {
		return fmt.Errorf("register push subscription: %w", err)
	}
	return nil
}

// RemovePush ends push messages to a browser or app of the caller.
func (s *Service) RemovePush(ctx context.Context, endpoint string) error {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return signInFirst()
	}
	if err := db.New(s.pool).DeletePushSubscription(ctx, db.DeletePushSubscriptionParams{UserID: caller.ID, Endpoint: endpoint}); err != nil {
		return fmt.Errorf("remove push subscription: %w", err)
	}
	return nil
}

// dispatch requests the deliveries of a notification outside of inbox and mail: one for
// each device, and one to the phone.
func (s *Service) dispatch(ctx context.Context, tx pgx.Tx, p event.NotificationPosted, chosen []Channel) error {
	due := event.NotificationDue{
		NotificationID: p.NotificationID, UserID: p.UserID, About: p.About, Title: p.Title, Body: p.Body, LinkID: p.LinkID, PostedAt: p.PostedAt,
	}
	var payloads []event.Payload
	if slices.Contains(chosen, Push) {
		ids, err := db.New(tx).LivePushSubscriptions(ctx, db.LivePushSubscriptionsParams{UserID: p.UserID, Now: s.Now()})
		if err != nil {
			return err
		}
		for _, subscription := range ids {
			due.Channel, due.TargetID = string(Push), subscription
			payloads = append(payloads, due)
		}
	}
	if slices.Contains(chosen, SMS) {
		due.Channel, due.TargetID = string(SMS), ""
		payloads = append(payloads, due)
	}
	return outbox.Write(ctx, tx, payloads...)
}

// pushExpired removes a device that no longer accepts messages.
func (s *Service) pushExpired(ctx context.Context, tx pgx.Tx, p event.PushSubscriptionExpired, _ event.Envelope) error {
	return db.New(tx).DeletePushSubscription(ctx, db.DeletePushSubscriptionParams{UserID: p.UserID, ID: p.SubscriptionID})
}

// PushTarget returns where and under which keys a message is sent.
func (s *Server) PushTarget(ctx context.Context, req *rpcv1.PushTargetRequest) (*rpcv1.PushTargetResponse, error) {
	if auth.From(ctx).Kind != auth.Service {
		return nil, userNotFound()
	}
	p, err := db.New(s.users.pool).PushSubscription(ctx, db.PushSubscriptionParams{ID: req.GetSubscriptionId(), Now: s.users.Now()})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, userNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("push subscription %s: %w", req.GetSubscriptionId(), err)
	}
	return &rpcv1.PushTargetResponse{Endpoint: p.Endpoint, P256Dh: p.P256dh, Auth: p.Auth}, nil
}

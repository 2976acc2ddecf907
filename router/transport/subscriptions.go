package transport

import (
	"cartograph/internal/auth"
	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
)

// subscriptions bounds the open subscriptions twice: those of one actor, and those
// of one network, where one client can have any number of guest sessions.
type subscriptions struct {
	perClient, perNetwork *limiter.Quota
}

func newSubscriptions(o StreamOptions) *subscriptions {
	return &subscriptions{limiter.NewQuota(o.Subscriptions, 0), limiter.NewQuota(o.PerAddress, 0)}
}

// subscriber is who a subscription is counted for.
type subscriber struct{ client, network string }

func subscriberOf(caller auth.Caller, network string) subscriber {
	return subscriber{clientOf(caller, network), network}
}

// enter counts one more, or refuses it. Without an error, leave must follow.
func (s *subscriptions) enter(by subscriber) *gqlerr.Error {
	if !s.perClient.Take(by.client, 1) {
		return tooManySubscriptions("", s.perClient.Share())
	}
	if !s.perNetwork.Take(by.network, 1) {
		s.perClient.Give(by.client, 1)
		return tooManySubscriptions(" from one address", s.perNetwork.Share())
	}
	return nil
}

func (s *subscriptions) leave(by subscriber) {
	s.perClient.Give(by.client, 1)
	s.perNetwork.Give(by.network, 1)
}

// tooManySubscriptions carries no time after which to retry: a subscription of the
// client's own has to end first.
func tooManySubscriptions(where string, limit int) *gqlerr.Error {
	return gqlerr.New(gqlerr.RateLimited, "At most %d subscriptions may be open at once%s.", limit, where).With("limit", limit)
}

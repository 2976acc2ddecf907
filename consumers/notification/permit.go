package notification

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cartograph/consumers/notification/db"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Why a mail is not sent now, or not at all.
var (
	errLinkEnded = errors.New("the link has ended") // it was used or has expired: nobody needs it
	errNoAccount = errors.New("the account does not exist")
	errNotWanted = errors.New("the recipient does not want such mails")
	errStale     = errors.New("the mail is no longer useful")
	errNoAddress = errors.New("nobody gave an address, or proved that theirs is theirs")

	// errServerAway means that the mail server accepts no mail now, whatever its recipient.
	errServerAway = errors.New("mail server unavailable")
	// errCartsAway is the same of the services that a reminder of a cart needs.
	errCartsAway = errors.New("cart or order service unavailable")
	// errPaymentsAway means that the payment service, for which a mail waits a moment, does
	// not respond.
	errPaymentsAway = errors.New("payment service unavailable")
	// errUsersAway means that the user service, whose answer a mail needs, does not respond.
	errUsersAway = errors.New("user service unavailable")
)

// quietError postpones a mail to the end of the recipient's quiet hours.
type quietError struct{ until time.Time }

func (e quietError) Error() string { return "quiet until " + e.until.Format(time.RFC3339) }

// dropped reports whether nobody needs the mail any more.
func dropped(err error) bool {
	for _, reason := range []error{errLinkEnded, errNoAccount, errNotWanted, errStale, errNoAddress} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// prepare returns the mail with all that its delivery needs from others, or why it is
// not delivered. It runs before the connection to the mail server: what is not sent does
// not sign in there.
func (w *Worker) prepare(ctx context.Context, m Mail, enqueuedAt time.Time) (Mail, error) {
	var err error
	if m.Kind == CartReminder {
		if m, err = w.readCart(ctx, m); err != nil {
			return m, err
		}
	}
	if m.Bought != nil {
		if m.Bought.method, err = w.method(ctx, m.Bought.PaymentID, enqueuedAt); err != nil {
			return m, err
		}
	}
	m, err = w.permit(ctx, m, enqueuedAt)
	if err == nil && m.LinkID != "" {
		m.Token, err = w.linkToken(ctx, m)
	}
	return m, err
}

// permit applies the choice of the recipient where there is one, and adds the address
// that an account has now and the link that ends such mails.
func (w *Worker) permit(ctx context.Context, m Mail, enqueuedAt time.Time) (Mail, error) {
	topic := m.Kind.topic()
	p := topic.policy()
	switch {
	case m.Kind == PaymentWaiting && !m.PayBefore.After(time.Now()):
		return m, errStale
	case p.mandatory:
		return m, nil
	case !p.urgent && time.Since(enqueuedAt) > p.useful:
		return m, errStale
	case m.userID() == "":
		return w.permitAddress(ctx, m)
	}
	to, err := w.users.Recipient(ctx, &rpcv1.RecipientRequest{UserId: m.userID(), Topic: string(topic)})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return m, errNoAccount
	case err != nil:
		return m, fmt.Errorf("%w: recipient %s: %w", errUsersAway, m.userID(), err)
	case !slices.Contains(to.GetChannels(), channelEmail):
		return m, errNotWanted
	}
	if quiet := to.GetQuietUntil(); quiet != nil && !p.urgent {
		until := quiet.AsTime()
		if until.Sub(enqueuedAt) > p.useful {
			return m, errStale
		}
		return m, quietError{until}
	}
	switch {
	case m.toAccount():
		m.Email, m.Name = to.GetEmail(), to.GetDisplayName()
	case m.Kind == CartReminder:
		if m.Locale = to.GetLocale(); to.GetEmailVerified() {
			m.Email, m.Name = to.GetEmail(), to.GetDisplayName()
		}
		if m.Email == "" {
			return m, errNoAddress
		}
	}
	return w.endable(ctx, m, subscription{userID: m.userID(), topic: topic, locale: m.Locale})
}

// permitAddress is permit for an address without an account.
func (w *Worker) permitAddress(ctx context.Context, m Mail) (Mail, error) {
	topic := m.Kind.topic()
	if m.Email == "" {
		return m, errNoAddress
	}
	hash, err := w.addressHash(ctx, m.Email)
	if err != nil {
		return m, err
	}
	ended, err := db.New(w.pool).IsUnsubscribed(ctx, db.IsUnsubscribedParams{AddressHash: hash, Topic: string(topic)})
	switch {
	case err != nil:
		return m, err
	case ended:
		return m, errNotWanted
	}
	return w.endable(ctx, m, subscription{addressHash: hash, topic: topic, locale: m.Locale})
}

// endable is the mail with the link that ends such mails.
func (w *Worker) endable(ctx context.Context, m Mail, s subscription) (Mail, error) {
	if w.unsubscribeURL == nil || !s.topic.endable() {
		return m, nil
	}
	token, err := w.unsubscribeToken(ctx, s)
	if err != nil {
		return m, err
	}
	link := *w.unsubscribeURL
	link.RawQuery = "token=" + token
	m.unsubscribe = link.String()
	return m, nil
}

// linkToken is a token for this delivery. The user service keeps a few of them for a
// link, so that an outage of the mail server makes no more.
func (w *Worker) linkToken(ctx context.Context, m Mail) (string, error) {
	if !m.LinkEnds.After(time.Now()) {
		return "", errLinkEnded
	}
	res, err := w.users.LinkToken(ctx, &rpcv1.LinkTokenRequest{LinkId: m.LinkID})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return "", errLinkEnded
	case err != nil:
		return "", fmt.Errorf("%w: token of link %s: %w", errUsersAway, m.LinkID, err)
	default:
		return res.GetToken(), nil
	}
}

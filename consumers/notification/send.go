package notification

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/notification/db"
)

const (
	sendBatch = 16
	inFlight  = 4 // mails on their way at once
	lease     = 2 * time.Minute
	sendLimit = 20 * time.Second // for one mail; a batch ends well within its lease
	poll      = time.Second      // finds mails whose next attempt is due

	firstPause = time.Second
	maxPause   = 10 * time.Minute
	patience   = 3 * 24 * time.Hour // then a mail would come too late to help
)

// RunSender sends what is owed until ctx ends. Any number of senders may run:
// each takes mails that no other has in hand.
func (w *Worker) RunSender(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := w.Send(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.log.WarnContext(ctx, "send mails; will try again", "err", err)
		case n == sendBatch:
			continue // there may be more
		}
		select {
		case <-w.kick:
		case <-time.After(poll):
		case <-ctx.Done():
		}
	}
	return nil
}

// Send takes one batch of mails that are due, tries each once, and returns
// how many it took. A mail that could not be sent is due again later.
func (w *Worker) Send(ctx context.Context) (int, error) {
	due, err := db.New(w.pool).Lease(ctx, db.LeaseParams{Seconds: int32(lease / time.Second), Most: sendBatch})
	if err != nil {
		return 0, fmt.Errorf("take mails that are due: %w", err)
	}
	var g errgroup.Group
	g.SetLimit(inFlight)
	for _, m := range due {
		g.Go(func() error { return w.settle(ctx, m, w.deliver(ctx, m)) })
	}
	return len(due), g.Wait()
}

// deliver hands one mail to the mail server.
func (w *Worker) deliver(ctx context.Context, m db.LeaseRow) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	var l Letter
	if err := json.Unmarshal(m.Letter, &l); err != nil {
		return fmt.Errorf("read letter: %w", err)
	}
	message, err := w.page.message(ctx, l, m.Occasion, m.CreatedAt)
	if err != nil {
		return fmt.Errorf("compose: %w", err)
	}
	client, err := w.smtp.client()
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	// Once the server took the mail, how the connection ends does not matter.
	defer func() { _ = client.Close() }()
	return client.Send(message)
}

// settle notes how it went. What was sent is sent, also when we are being
// stopped.
func (w *Worker) settle(ctx context.Context, m db.LeaseRow, outcome error) error {
	q := db.New(w.pool)
	note := context.WithoutCancel(ctx)
	if outcome == nil {
		return q.MarkSent(note, m.ID)
	}
	if refused(outcome) || time.Since(m.CreatedAt) > patience {
		w.log.ErrorContext(ctx, "mail given up", "mail_id", m.ID, "order_id", m.OrderID, "attempts", m.Attempts, "err", outcome)
		return q.GiveUp(note, db.GiveUpParams{ID: m.ID, LastError: outcome.Error()})
	}
	w.log.WarnContext(ctx, "mail not sent yet", "mail_id", m.ID, "order_id", m.OrderID, "attempts", m.Attempts, "err", outcome)
	return q.Postpone(note, db.PostponeParams{
		ID: m.ID, Milliseconds: pauseAfter(int(m.Attempts)).Milliseconds(), LastError: outcome.Error(),
	})
}

// pauseAfter doubles from a second to ten minutes.
func pauseAfter(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, 12), maxPause)
}

// refused reports whether the mail server will never take this mail: it said
// no to the recipient or to the content, for good.
func refused(err error) bool {
	e, ok := errors.AsType[*gomail.SendError](err)
	if !ok || e.IsTemp() || e.ErrorCode() < 500 {
		return false
	}
	switch e.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return true
	default:
		return false
	}
}

// smtp is a mail server.
type smtp struct {
	host, user, password string
	port                 int
	implicitTLS          bool
	tls                  *tls.Config // nil: the machine's roots are trusted
}

// parseSMTP reads smtp://user:password@host:port. With smtps:// the connection
// is encrypted from the start, else as soon as the server offers it.
func parseSMTP(address string) (smtp, error) {
	u, err := url.Parse(address)
	if err != nil {
		return smtp{}, errors.New("it is not a URL") // the cause may quote a password
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return smtp{}, errors.New("it must be smtp://host:port or smtps://host:port")
	}
	s := smtp{host: u.Hostname(), user: u.User.Username(), implicitTLS: u.Scheme == "smtps"}
	s.password, _ = u.User.Password()
	usual := "25"
	if s.implicitTLS {
		usual = "465"
	}
	if s.port, err = strconv.Atoi(cmp.Or(u.Port(), usual)); err != nil || s.port < 1 || s.port > 65_535 {
		return smtp{}, errors.New("its port is not one")
	}
	return s, nil
}

func (s smtp) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithTimeout(sendLimit), gomail.WithTLSPolicy(gomail.TLSOpportunistic)}
	if s.implicitTLS {
		options = append(options, gomail.WithSSL())
	}
	if s.tls != nil {
		options = append(options, gomail.WithTLSConfig(s.tls))
	}
	if s.user != "" { // a password is never sent unencrypted
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	client, err := gomail.NewClient(s.host, append(options, gomail.WithPort(s.port))...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", net.JoinHostPort(s.host, strconv.Itoa(s.port)), err)
	}
	return client, nil
}

package notification

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/notification/db"
	"cartograph/internal/email"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

// registerHandlers registers the event types that have a mail.
func (w *Worker) registerHandlers() {
	inbox.On(w.events, enqueuer(w, orderConfirmed))
	inbox.On(w.events, enqueuer(w, paymentFailed))
	inbox.On(w.events, enqueuer(w, w.paymentWaiting))
	inbox.On(w.events, enqueuer(w, orderCancelled))
	inbox.On(w.events, enqueuer(w, orderRefunded))
	inbox.On(w.events, enqueuer(w, orderShipped))
	inbox.On(w.events, w.delivered)
	inbox.On(w.events, enqueuer(w, returnRequested))
	inbox.On(w.events, enqueuer(w, returnLabelled))
	inbox.On(w.events, enqueuer(w, returnRejected))
	inbox.On(w.events, enqueuer(w, orderExpired))
	inbox.On(w.events, staffMailer(w, disputeOpenedMail))
	inbox.On(w.events, staffMailer(w, disputeWonMail))
	inbox.On(w.events, staffMailer(w, disputeLostMail))
	inbox.On(w.events, w.registered)
	inbox.On(w.events, w.cartAbandoned)
	inbox.On(w.events, warner(w, signInsFailed))
	inbox.On(w.events, warner(w, signedInOnNewDevice))
	inbox.On(w.events, warner(w, registeredAgain))
	inbox.On(w.events, warner(w, passwordChanged))
	inbox.On(w.events, warner(w, secondFactorChanged))
	inbox.On(w.events, warner(w, endpointPaused))
	inbox.On(w.events, enqueuer(w, emailVerificationDue))
	inbox.On(w.events, enqueuer(w, passwordResetDue))
	inbox.On(w.events, func(ctx context.Context, tx pgx.Tx, p event.UserErased, _ event.Envelope) error {
		q := db.New(tx)
		if err := q.DeleteMessagesOfUser(ctx, p.UserID); err != nil {
			return err
		}
		return q.EraseMailsOfUser(ctx, p.UserID)
	})
	inbox.On(w.events, w.stockAlertDue)
	inbox.On(w.events, w.notificationDue)
	w.events.AfterCommit(func(event.Envelope) { w.enqueued.Notify(); w.messages.Notify() })
}

// enqueuer returns the handler that enqueues the mail of an event.
func enqueuer[P event.Payload](w *Worker, mailOf func(P) Mail) func(context.Context, pgx.Tx, P, event.Envelope) error {
	return func(ctx context.Context, tx pgx.Tx, p P, e event.Envelope) error {
		return w.enqueue(ctx, tx, mailOf(p), e.Time)
	}
}

// warner returns the handler that enqueues a warning about an account, once a day
// unless the mail has another occasion.
// A warning that arrives later is useless: a worker that reads old events, for
// example with a new database, skips it.
func warner[P event.Payload](w *Worker, mailOf func(P) Mail) func(context.Context, pgx.Tx, P, event.Envelope) error {
	const useful = 24 * time.Hour
	return func(ctx context.Context, tx pgx.Tx, p P, e event.Envelope) error {
		if time.Since(e.Time) > useful {
			return nil
		}
		m := mailOf(p)
		m.Occasion = cmp.Or(m.Occasion, e.Time.UTC().Format(time.DateOnly))
		return w.enqueue(ctx, tx, m, e.Time)
	}
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return w.events.Topics() }

// Handle enqueues the mail of an event, once. An event of a type without a mail
// is skipped.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error { return w.events.Handle(ctx, e) }

// enqueue stores a mail and, if it is to an account, posts it to the inbox of its user.
func (w *Worker) enqueue(ctx context.Context, tx pgx.Tx, m Mail, at time.Time) error {
	if !m.addressedLater() {
		address, err := email.Parse(m.Email)
		if err != nil || m.subject() == "" {
			return fault.New(fault.Invalid, "The %s mail about %q has no deliverable address: %q.", m.Kind, m.subject(), m.Email)
		}
		m.Email = address
	}
	m.TraceParent = event.TraceParentOf(ctx)
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if outdated := m.outdated(); m.OrderID != "" && !m.toStaff() {
		pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error {
			return db.New(e).DropOutdated(ctx, db.DropOutdatedParams{SubjectID: m.OrderID, Kinds: outdated})
		})
	}
	params := db.EnqueueParams{
		ID: id.New(id.Mail), SubjectID: m.subject(), Kind: string(m.Kind), Occasion: m.Occasion, Content: content,
		DelayMilliseconds: m.delay.Milliseconds(),
	}
	posted, err := w.posted(ctx, m, at)
	if err != nil {
		return err
	}
	if posted != nil {
		params.NotificationID, params.UserID = &posted.NotificationID, &posted.UserID
	}
	n, err := db.New(tx).Enqueue(ctx, params)
	if err != nil || n == 0 || posted == nil {
		return err
	}
	return outbox.Write(ctx, tx, *posted)
}

// outdated are the kinds of mails about the same order that m makes pointless, as far as
// they are not sent: requests to pay, once the payment has gone on, and to review.
func (m Mail) outdated() []string {
	switch m.Kind {
	case PaymentFailed: // of earlier attempts there may be others
		return []string{string(PaymentWaiting)}
	case OrderCancelled, OrderRefunded: // nobody reviews what they gave back
		return []string{string(PaymentWaiting), string(PaymentFailed), string(ReviewInvitation)}
	default:
		return []string{string(PaymentWaiting), string(PaymentFailed)}
	}
}

func orderConfirmed(p event.OrderConfirmed) Mail {
	return Mail{
		Kind: OrderConfirmed, OrderFacts: p.OrderFacts, Lines: p.Lines,
		SubtotalMinor: p.SubtotalMinor, Discounts: p.Discounts, ShippingMinor: p.ShippingMinor, TaxMinor: p.TaxMinor, TaxIncluded: p.TaxIncluded,
		Bought: &Bought{
			PaymentID: p.PaymentID, ShippingAddress: p.ShippingAddress, BillingAddress: p.BillingAddress,
			ArrivesAfter: p.ArrivesAfter, ArrivesBefore: p.ArrivesBefore,
		},
	}
}

func paymentFailed(p event.OrderPaymentFailed) Mail {
	return Mail{
		Kind: PaymentFailed, Occasion: p.PaymentID, OrderFacts: p.OrderFacts,
		Reason: p.DeclineCode, AttemptsLeft: p.AttemptsLeft, PayBefore: p.PayBefore,
	}
}

func orderCancelled(p event.OrderCancelled) Mail {
	return Mail{Kind: OrderCancelled, OrderFacts: p.OrderFacts, Reason: p.Reason, RefundMinor: p.RefundMinor}
}

// paymentWaiting is sent after a while: most customers are at the page of their bank.
func (w *Worker) paymentWaiting(p event.OrderPaymentActionRequired) Mail {
	return Mail{
		Kind: PaymentWaiting, Occasion: p.PaymentID, OrderFacts: p.OrderFacts, PayBefore: p.PayBefore, ActionURL: p.ActionURL,
		delay: w.waitingAfter,
	}
}

func orderShipped(p event.OrderShipped) Mail {
	return Mail{
		Kind: OrderShipped, Occasion: p.ShipmentID, OrderFacts: p.OrderFacts, Carrier: p.Carrier, Tracking: p.TrackingNumber,
		ActionURL: p.TrackingURL, Complete: p.Complete,
	}
}

func orderRefunded(p event.OrderRefunded) Mail {
	m := Mail{Kind: OrderRefunded, Occasion: p.RefundID, OrderFacts: p.OrderFacts, RefundMinor: p.RefundedMinor}
	if p.ReturnID != "" {
		m.Kind = ReturnRefunded
	}
	return m
}

func aboutReturn(kind Kind, p event.ReturnFacts) Mail {
	m := Mail{Kind: kind, Occasion: p.ReturnID, OrderFacts: p.OrderFacts}
	for _, l := range p.Lines {
		m.Units += l.Quantity
	}
	return m
}

func returnRequested(p event.ReturnRequested) Mail {
	return aboutReturn(ReturnRequested, p.ReturnFacts)
}

// returnLabelled is sent once there is a label: without one nothing can be sent back.
func returnLabelled(p event.ReturnLabelled) Mail {
	m := aboutReturn(ReturnApproved, p.ReturnFacts)
	m.Carrier, m.Tracking, m.ActionURL, m.SendBefore = p.Carrier, p.TrackingNumber, p.LabelURL, p.SendBefore
	return m
}

func returnRejected(p event.ReturnRejected) Mail {
	m := aboutReturn(ReturnRejected, p.ReturnFacts)
	m.Note = p.Note
	return m
}

// registered welcomes the first account of an address. The owner of an address that has
// one gets a warning instead, and imported accounts get nothing.
func (w *Worker) registered(ctx context.Context, tx pgx.Tx, p event.UserRegistered, e event.Envelope) error {
	if !p.NewAddress {
		return nil
	}
	return warner(w, func(p event.UserRegistered) Mail {
		return aboutAccount(Welcome, p.UserID, p.Email, p.DisplayName, p.Locale)
	})(ctx, tx, p, e)
}

func orderExpired(p event.OrderExpired) Mail {
	return Mail{Kind: OrderCancelled, OrderFacts: p.OrderFacts, Reason: paymentExpired}
}

// paymentExpired is the cancellation reason of an order that was not paid in time.
const paymentExpired = "PAYMENT_EXPIRED"

func signInsFailed(p event.SignInsFailed) Mail {
	m := aboutAccount(SignInsFailed, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Attempts = p.Attempts
	return m
}

func signedInOnNewDevice(p event.SignedInOnNewDevice) Mail {
	m := aboutAccount(SignedInOnNewDevice, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Occasion, m.SignedInAt = p.DeviceID, p.At
	return m
}

func registeredAgain(p event.EmailRegisteredAgain) Mail {
	return aboutAccount(RegisteredAgain, p.UserID, p.Email, p.DisplayName, p.Locale)
}

func passwordChanged(p event.PasswordChanged) Mail {
	m := aboutAccount(PasswordChanged, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Occasion, m.ChangedAt = strconv.FormatInt(p.At.UnixMilli(), 10), p.At
	return m
}

func secondFactorChanged(p event.SecondFactorChanged) Mail {
	m := aboutAccount(SecondFactorChanged, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Occasion, m.ChangedAt = string(p.Change)+strconv.FormatInt(p.At.UnixMilli(), 10), p.At
	m.Reason, m.CodesLeft = string(p.Change), p.RecoveryCodesLeft
	return m
}

func emailVerificationDue(p event.EmailVerificationDue) Mail {
	m := aboutAccount(VerifyEmail, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Occasion, m.LinkID, m.LinkEnds = p.LinkID, p.LinkID, p.ExpiresAt
	return m
}

func passwordResetDue(p event.PasswordResetDue) Mail {
	m := aboutAccount(ResetPassword, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Occasion, m.LinkID, m.LinkEnds = p.LinkID, p.LinkID, p.ExpiresAt
	return m
}

func aboutAccount(kind Kind, userID, address, name, locale string) Mail {
	return Mail{Kind: kind, UserID: userID, OrderFacts: event.OrderFacts{Email: address, Name: name, Locale: locale}}
}

// Package notification sends mails to customers about their orders and accounts.
//
// Handling an event enqueues a mail in the transaction that marks the event as
// handled. A sender delivers it outside of any transaction and retries for
// three days.
//
// Invariants:
//
//   - A customer gets at most one mail per order and kind (and payment, where a
//     payment failed), one mail per new device, and one other warning of a kind about an account per
//     day: a unique constraint holds that against repeated and equivalent events. Delivery itself
//     is at least once: a sender that dies between the mail server's acceptance and
//     the update of the row sends the mail again under the same Message-ID, by which
//     mailboxes drop the duplicate. While the database is away, a sender that lives
//     retries the update and sends nothing twice.
//   - An enqueued mail ends as sent, failed or dropped, and is never lost: the
//     lease of a sender that died runs out.
//   - The content of a mail is stored until it is sent or dropped.
//   - A stock alert of an account goes to the address that the account has at the
//     delivery; without the account it is dropped.
//   - Mails about orders, payments and security are sent whatever the user chose, and
//     do not wait for the user service. All others need its answer; those that are not
//     urgent wait for the end of the user's quiet hours, and are dropped when they are
//     no longer useful.
//   - How an order was paid is read from the payment service at the delivery; a mail goes
//     out without it when that does not answer for some seconds.
//   - Staff get one mail when a payment is disputed and one when that is decided, at an
//     address of the configuration.
//   - A mail to an account is posted to its inbox in the transaction that enqueues it,
//     and reported as sent or failed in the one that records its delivery.
//   - The token of a link is in the mail alone. It is requested from the user service at
//     the delivery; the mail of a link that was used or has expired is dropped.
//   - A cart is reminded of once, whatever becomes of it: its lines and the address are
//     read at the delivery, and nothing is sent about one that is in use or bought.
//   - Text from customers and sellers is never interpreted as HTML or as a mail
//     header.
package notification

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/wakeup"
)

// Kind is the subject of a mail.
type Kind string

// The kinds of mail.
const (
	OrderConfirmed Kind = "ORDER_CONFIRMED"
	PaymentFailed  Kind = "PAYMENT_FAILED"
	PaymentWaiting Kind = "PAYMENT_WAITING" // the customer's bank waits for a confirmation
	OrderCancelled Kind = "ORDER_CANCELLED" // also for an order that expired unpaid
	OrderRefunded  Kind = "ORDER_REFUNDED"
	OrderShipped   Kind = "ORDER_SHIPPED"   // one for each parcel
	OrderDelivered Kind = "ORDER_DELIVERED" // one for each parcel

	ReturnRequested Kind = "RETURN_REQUESTED" // one of each kind for each return
	ReturnApproved  Kind = "RETURN_APPROVED"  // with its label
	ReturnRejected  Kind = "RETURN_REJECTED"
	ReturnRefunded  Kind = "RETURN_REFUNDED"

	SignInsFailed       Kind = "SIGN_INS_FAILED"         // strangers enter wrong passwords
	SignedInOnNewDevice Kind = "SIGNED_IN_ON_NEW_DEVICE" // somebody entered the right one
	RegisteredAgain     Kind = "REGISTERED_AGAIN"        // another account has the address
	VerifyEmail         Kind = "VERIFY_EMAIL"            // a link that proves that the address is theirs
	ResetPassword       Kind = "RESET_PASSWORD"          // a link to choose a new password
	PasswordChanged     Kind = "PASSWORD_CHANGED"
	SecondFactorChanged Kind = "SECOND_FACTOR_CHANGED"
	Welcome             Kind = "WELCOME"
	EndpointPaused      Kind = "ENDPOINT_PAUSED" // a webhook endpoint fails

	BackInStock  Kind = "BACK_IN_STOCK" // somebody subscribed to a mail about a variant
	PriceDropped Kind = "PRICE_DROPPED"

	ReviewInvitation Kind = "REVIEW_INVITATION" // an order was delivered a while ago

	CartReminder Kind = "CART_REMINDER" // a cart was left with products in it

	DisputeOpened Kind = "DISPUTE_OPENED" // to staff, as DisputeClosed
	DisputeClosed Kind = "DISPUTE_CLOSED"
)

// Mail is the content of a mail, stored as JSON until it is sent.
type Mail struct {
	Kind     Kind   `json:"kind"`
	UserID   string `json:"userId,omitempty"` // of a mail about an account; the order is empty then
	Occasion string `json:"-"`                // of several mails of one kind: the failed payment, the day, the device; stored as a column of its own
	event.OrderFacts
	Lines         []event.OrderLine     `json:"lines,omitempty"`
	SubtotalMinor int64                 `json:"subtotalMinor"`
	Discounts     []event.OrderDiscount `json:"discounts,omitempty"`
	ShippingMinor int64                 `json:"shippingMinor"`
	TaxMinor      int64                 `json:"taxMinor"`
	TaxIncluded   bool                  `json:"taxIncluded,omitempty"`
	Bought        *Bought               `json:"bought,omitempty"` // of a confirmed order
	Reason        string                `json:"reason,omitempty"` // of the cancellation or the decline; what happened to a second factor
	AttemptsLeft  int                   `json:"attemptsLeft"`
	PayBefore     time.Time             `json:"payBefore"`
	Attempts      int                   `json:"attempts,omitempty"`  // failed sign-ins
	SignedInAt    time.Time             `json:"signedInAt,omitzero"` // on a new device
	ChangedAt     time.Time             `json:"changedAt,omitzero"`  // of the password or the second factor
	CodesLeft     int                   `json:"codesLeft,omitempty"` // recovery codes that are unused
	LinkID        string                `json:"linkId,omitempty"`    // of a mail that proves who has the address
	LinkEnds      time.Time             `json:"linkEnds,omitzero"`
	Alert         *Alert                `json:"alert,omitempty"`       // of a mail about a variant
	Endpoint      *Endpoint             `json:"endpoint,omitempty"`    // of a mail about a webhook endpoint
	RefundMinor   int64                 `json:"refundMinor,omitempty"` // what goes back, or went
	DisputedMinor int64                 `json:"disputedMinor,omitempty"`
	DisputeEnds   time.Time             `json:"disputeEnds,omitzero"`  // until when evidence can be submitted
	ActionURL     string                `json:"actionUrl,omitempty"`   // where the customer confirms a payment, or follows a parcel
	Carrier       string                `json:"carrier,omitempty"`     // of a parcel
	Tracking      string                `json:"tracking,omitempty"`    // its number
	Complete      bool                  `json:"complete,omitempty"`    // no other parcel of the order is to come
	Units         int                   `json:"units,omitempty"`       // of a return
	Note          string                `json:"note,omitempty"`        // why a return is rejected
	SendBefore    time.Time             `json:"sendBefore,omitzero"`   // of an approved return
	TraceParent   string                `json:"traceparent,omitempty"` // of the event
	Token         string                `json:"-"`                     // of the link, for one delivery; never stored

	unsubscribe string        // URL that ends such mails; empty leaves it out
	delay       time.Duration // of the first delivery
}

// subject is the ID of what the mail is about: an order, a stock alert, a cart or a user.
func (m Mail) subject() string {
	if m.Alert != nil {
		return m.Alert.ID
	}
	if m.Kind == CartReminder {
		return m.CartID
	}
	return cmp.Or(m.OrderID, m.UserID)
}

// Users is what the worker needs of the user service.
type Users interface {
	Recipient(ctx context.Context, req *rpcv1.RecipientRequest) (*rpcv1.RecipientResponse, error)
	PushTarget(ctx context.Context, req *rpcv1.PushTargetRequest) (*rpcv1.PushTargetResponse, error)
	LinkToken(ctx context.Context, req *rpcv1.LinkTokenRequest) (*rpcv1.LinkTokenResponse, error)
}

// Worker enqueues mails and sends them.
type Worker struct {
	pool     *pgxpool.Pool
	outbox   *outbox.Outbox
	smtp     smtp
	composer *composer
	users    Users
	carts    Carts
	orders   Orders
	payments Payments
	events   *inbox.Mux
	enqueued *wakeup.Signal // of the sender
	log      *slog.Logger

	staffEmail     string   // empty: staff get no mails
	unsubscribeURL *url.URL // of the page; nil leaves links to it out
	signingKey     atomic.Pointer[[]byte]
	waitingAfter   time.Duration
	invitingAfter  time.Duration // 0: never

	messages      *wakeup.Signal // of the sender of messages
	sms           SMS            // nil sends none
	pushKey       string         // private; empty sends no push messages
	pushPublicKey string
	pushClient    *http.Client
}

// NewWorker returns a worker on a migrated database. It fails if the mail
// server's URL, the sender or the shop's URL is invalid.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, users Users, carts Carts, orders Orders, payments Payments, cfg Config, log *slog.Logger) (*Worker, error) {
	server, err := parseSMTP(cfg.SMTPURL)
	if err != nil {
		return nil, fmt.Errorf("mail server URL: %w", err)
	}
	composer, err := newComposer(cfg.From, cfg.ShopURL)
	if err != nil {
		return nil, err
	}
	page, err := unsubscribeURLOf(cfg)
	if err != nil {
		return nil, err
	}
	pushPublicKey, err := PushPublicKey(cfg.PushPrivateKey)
	if err != nil {
		return nil, err
	}
	w := &Worker{
		messages: wakeup.New(), pushKey: cfg.PushPrivateKey, pushPublicKey: pushPublicKey, pushClient: newPushClient(cfg.AllowPrivate),
		staffEmail: cfg.StaffEmail, unsubscribeURL: page, waitingAfter: cfg.PaymentReminderAfter, invitingAfter: cfg.ReviewInvitationAfter,
		pool: pool, outbox: o, smtp: server, composer: composer, users: users, carts: carts, orders: orders, payments: payments, events: inbox.NewMux("notification", o), enqueued: wakeup.New(), log: log,
	}
	w.registerHandlers()
	return w, nil
}

package notification

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Config configures the notification worker.
type Config struct {
	Listen      string `env:"LISTEN"` // health checks only
	DatabaseURL string `env:"DATABASE_URL"`
	SMTPURL     string // smtp://user:password@host:port
	From        string `env:"FROM" envDefault:"Cartograph <orders@cartograph.example>"` // its domain is that of Message-IDs
	ShopURL     string `env:"SHOP_URL"`                                                 // mails link to its /orders/<id>, /account, /account/webhooks/<id>, /products/<slug>, /account/verify-email#token=, /account/reset-password#token= and /alerts/unsubscribe#token=; empty leaves links out

	// StaffEmail gets mails about payments that customers dispute; empty: none are sent.
	StaffEmail string `env:"STAFF_EMAIL" envDefault:"payments@cartograph.example"`
	// UnsubscribeURL is the public address of the page that ends mails, which this role
	// serves at /unsubscribe and the router passes on. Default: /unsubscribe below
	// ShopURL; without both, mails have no such link.
	UnsubscribeURL string `env:"UNSUBSCRIBE_URL"`
	// PushPrivateKey signs push messages (VAPID, RFC 8292): 32 bytes of P-256 in
	// base64url. Without it none are sent.
	PushPrivateKey string `env:"PUSH_PRIVATE_KEY" secret:"true"`
	// AllowPrivate admits push services whose addresses are not public, as in a demo.
	AllowPrivate bool `env:"PUSH_TO_PRIVATE" envDefault:"false"`
	// PaymentReminderAfter is for how long a payment may wait for the confirmation of the
	// customer's bank before they get a mail: most confirm at once.
	PaymentReminderAfter time.Duration `env:"PAYMENT_REMINDER_AFTER" envDefault:"20s" min:"0s" max:"30m"`
	// ReviewInvitationAfter is how long after the delivery of a whole order its customer is
	// invited to review it; 0: never.
	ReviewInvitationAfter time.Duration `env:"REVIEW_INVITATION_AFTER" envDefault:"96h" min:"0s" max:"720h"`
}

func unsubscribeURLOf(cfg Config) (*url.URL, error) {
	address := cfg.UnsubscribeURL
	if cfg.ShopURL != "" {
		address = cmp.Or(address, strings.TrimRight(cfg.ShopURL, "/")+UnsubscribePath)
	}
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("unsubscribe URL %q is invalid", address)
	}
	return u, nil
}

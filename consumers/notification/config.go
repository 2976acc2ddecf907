package notification

// Config configures the notification worker.
type Config struct {
	Listen      string `env:"LISTEN"` // health checks only
	DatabaseURL string `env:"DATABASE_URL"`
	SMTPURL     string // smtp://user:password@host:port
	From        string `env:"FROM" envDefault:"Cartograph <orders@cartograph.example>"` // its domain is that of Message-IDs
	ShopURL     string `env:"SHOP_URL"`                                                 // mails link to its /orders/<id>, /account, /products/<slug>, /account/verify-email#token=, /account/reset-password#token= and /alerts/unsubscribe#token=; empty leaves links out
}

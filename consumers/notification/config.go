package notification

// Config configures the notification worker.
type Config struct {
	Listen      string `env:"LISTEN"` // health checks only
	DatabaseURL string `env:"DATABASE_URL"`
	SMTPURL     string // smtp://user:password@host:port
	From        string `env:"FROM" envDefault:"Cartograph <orders@cartograph.example>"` // its domain is that of Message-IDs
	ShopURL     string `env:"SHOP_URL"`                                                 // mails link to its /orders/<id>, /account, /account/verify-email#token= and /account/reset-password#token=; empty leaves links out
}

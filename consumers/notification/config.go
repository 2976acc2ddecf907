package notification

// Config is what the notification worker needs to be told.
type Config struct {
	Listen      string `env:"LISTEN"` // answers only whether it lives and is ready
	DatabaseURL string `env:"DATABASE_URL"`
	SMTPURL     string // smtp://user:password@host:port
	From        string `env:"FROM" envDefault:"Cartograph <orders@cartograph.example>"` // also names the domain of message ids
	ShopURL     string `env:"SHOP_URL"`                                                 // mails link to its /orders/<id>; no links if empty
}

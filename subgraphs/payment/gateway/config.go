package gateway

import "time"

// Config is what the client of a provider needs.
type Config struct {
	URL    string `env:"URL"`
	APIKey string `env:"API_KEY"`

	// WebhookSecrets are those that may have signed a webhook: the present one
	// and, while it is being changed, the next.
	WebhookSecrets []string `env:"WEBHOOK_SECRETS"`

	// Timeout is how long one request may take. A caller in a hurry gives a
	// context with less.
	Timeout time.Duration `env:"TIMEOUT" envDefault:"10s" min:"10ms" max:"5m"`
}

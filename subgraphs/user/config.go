package user

// Config configures the user subgraph.
type Config struct {
	Listen      string `env:"LISTEN"`
	DatabaseURL string `env:"DATABASE_URL"`
	// EncryptionKeys encrypt the secrets of second factors in the database, 32 bytes in
	// base64url each. The first one encrypts; others decrypt what was stored before it.
	EncryptionKeys []string `env:"ENCRYPTION_KEYS" secret:"true"`
	// StaffSecondFactor withholds the scopes of staff until their accounts have a
	// second factor.
	StaffSecondFactor bool `env:"STAFF_SECOND_FACTOR" envDefault:"false"`
	// PushPublicKey is the public key of NOTIFICATION_PUSH_PRIVATE_KEY, with which
	// browsers subscribe to push messages. Without it none can. Roles of one process
	// derive it.
	PushPublicKey string `env:"PUSH_PUBLIC_KEY"`
}

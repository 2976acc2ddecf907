package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"cartograph/internal/auth"
)

// hasKey reports whether a role calls others or is called with internal tokens. The
// gateway simulator stands outside: it has an API key, like a real gateway.
func hasKey(r role) bool { return r.url != nil && !r.loopback }

// callers are the roles with a key.
func callers() (names []string) {
	for _, r := range roles() {
		if hasKey(r) {
			names = append(names, r.name)
		}
	}
	return names
}

// loadKeys makes the signers of the chosen roles: from the configured keys, or from
// keys that are derived from the secret.
func (p *process) loadKeys(chosen []role) error {
	keyring, err := p.cfg.keyring()
	if err != nil {
		return err
	}
	p.signers = map[string]*auth.Internal{}
	for _, r := range chosen {
		if !hasKey(r) {
			continue
		}
		if p.signers[r.name], err = keyring.Service(r.name); err != nil {
			return fmt.Errorf("INTERNAL_PRIVATE_KEYS: %w", err)
		}
	}
	return nil
}

func (c *Config) keyring() (*auth.Keyring, error) {
	if len(c.InternalPublicKeys) == 0 {
		keyring, err := auth.KeyringFromSecret(c.InternalTokenSecret, callers()...)
		if err != nil {
			return nil, fmt.Errorf("INTERNAL_TOKEN_SECRET: %w", err)
		}
		return keyring, nil
	}
	if c.InternalTokenSecret != "" {
		return nil, errors.New("INTERNAL_TOKEN_SECRET and INTERNAL_PUBLIC_KEYS are both set: the secret would give every role the keys of all")
	}
	keyring, err := auth.ParseKeyring(c.InternalPrivateKeys, c.InternalPublicKeys)
	if err != nil {
		return nil, fmt.Errorf("INTERNAL_PRIVATE_KEYS, INTERNAL_PUBLIC_KEYS: %w", err)
	}
	return keyring, nil
}

// printKeys writes new keys for internal tokens in the form of an .env file: the
// public ones, which all roles get, and a private one for each role.
func printKeys(out io.Writer) error {
	names := callers()
	keyring, err := auth.KeyringFromSecret(rand.Text()+rand.Text(), names...)
	if err != nil {
		return err
	}
	var public []string
	var lines strings.Builder
	for _, name := range names {
		private, open := keyring.Encoded(name)
		public = append(public, open)
		fmt.Fprintf(&lines, "%s_PRIVATE_KEY=%s\n", strings.ToUpper(name), private)
	}
	_, err = fmt.Fprintf(out, "INTERNAL_PUBLIC_KEYS=%s\n%s", strings.Join(public, ","), lines.String())
	return err
}

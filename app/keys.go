package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
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

// loadKeys makes the signers of the chosen roles: from the configured keys, from keys
// that are derived from the secret, or, where all roles are in this process, new ones. Roles without a key need neither.
func (p *process) loadKeys(chosen []role) error {
	if !slices.ContainsFunc(chosen, hasKey) {
		return nil
	}
	keyring, err := p.keyring()
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

func (p *process) keyring() (*auth.Keyring, error) {
	c := &p.cfg
	if p.allInOne && c.InternalTokenSecret == "" && len(c.InternalPublicKeys) == 0 && len(c.InternalPrivateKeys) == 0 {
		return auth.ProcessKeyring(callers()...), nil // no other process needs the keys
	}
	switch secret, public, private := c.InternalTokenSecret != "", len(c.InternalPublicKeys) > 0, len(c.InternalPrivateKeys) > 0; {
	case secret && (public || private):
		return nil, errors.New("INTERNAL_TOKEN_SECRET is set beside INTERNAL_PUBLIC_KEYS or INTERNAL_PRIVATE_KEYS: the secret would give every role the keys of all")
	case secret:
		keyring, err := auth.KeyringFromSecret(c.InternalTokenSecret, callers()...)
		if err != nil {
			return nil, fmt.Errorf("INTERNAL_TOKEN_SECRET: %w", err)
		}
		return keyring, nil
	case private && !public:
		return nil, errors.New("INTERNAL_PRIVATE_KEYS is set without INTERNAL_PUBLIC_KEYS; cartograph keys prints both")
	case !public:
		return nil, errors.New("no keys for requests between roles: set INTERNAL_PUBLIC_KEYS and INTERNAL_PRIVATE_KEYS, which cartograph keys prints, or INTERNAL_TOKEN_SECRET")
	}
	keyring, err := auth.ParseKeyring(c.InternalPrivateKeys, c.InternalPublicKeys)
	if err != nil {
		return nil, fmt.Errorf("INTERNAL_PRIVATE_KEYS, INTERNAL_PUBLIC_KEYS: %w", err)
	}
	return keyring, nil
}

// printKeys writes new keys for internal tokens in the form of an .env file: the
// public ones, which all roles get, and a private one for each role. The last key
// encrypts the secrets of second factors in the user role's database.
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
	sealing := make([]byte, 32)
	_, _ = rand.Read(sealing) // never fails
	_, err = fmt.Fprintf(out, "INTERNAL_PUBLIC_KEYS=%s\n%sUSER_ENCRYPTION_KEYS=%s\n",
		strings.Join(public, ","), lines.String(), base64.RawURLEncoding.EncodeToString(sealing))
	return err
}

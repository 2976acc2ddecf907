package auth

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// RouterService is the only service that may act for buyers and other clients. The
// others sign tokens in their own name.
const RouterService = "router"

// SessionService is the only service that gets the user agent and the country of a
// caller: it shows users where they are signed in.
const SessionService = "user"

// Keyring has the public keys of all services and the private keys of some: those
// that run in this process. Whoever has the private key of a service can sign in its
// name only.
type Keyring struct {
	private map[string]ed25519.PrivateKey
	public  map[string]ed25519.PublicKey

	process []byte // the key of all tokens, if no other process takes part; otherwise nil

	mu       sync.Mutex
	verified map[string]*recent[Caller] // of the services of this process, callers by token
}

func newKeyring() *Keyring {
	return &Keyring{
		private: map[string]ed25519.PrivateKey{}, public: map[string]ed25519.PublicKey{}, verified: map[string]*recent[Caller]{},
	}
}

// verifiedBy returns the callers that a service has verified, nil if it does not run in
// this process.
func (k *Keyring) verifiedBy(service string) *recent[Caller] {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.verified[service]
}

// KeyringFromSecret derives the keys of services from a secret of at least 32 bytes.
// Whoever has the secret has the keys of all of them: it is for services that run in
// one process, or that trust each other.
func KeyringFromSecret(secret string, services ...string) (*Keyring, error) {
	if len(secret) < minSecret {
		return nil, errShortSecret
	}
	k := newKeyring()
	for _, service := range services {
		seed, err := hkdf.Key(sha256.New, []byte(secret), nil, "cartograph internal token of "+service, ed25519.SeedSize)
		if err != nil {
			return nil, err
		}
		k.add(service, ed25519.NewKeyFromSeed(seed))
	}
	return k, nil
}

// ProcessKeyring is for services that all run in this process and are called by no
// other: its keys are random. A MAC stands in for a signature, which costs twenty
// times as much and would protect nothing more.
func ProcessKeyring(services ...string) *Keyring {
	k, err := KeyringFromSecret(rand.Text()+rand.Text(), services...)
	if err != nil {
		panic("auth: random keys: " + err.Error()) // two texts are more than 32 bytes
	}
	k.process = []byte(rand.Text() + rand.Text())
	return k
}

func (k *Keyring) add(service string, private ed25519.PrivateKey) {
	k.private[service] = private
	k.public[service] = private.Public().(ed25519.PublicKey)
}

// ParseKeyring reads keys of the form "cart=<base64>": the private keys of some
// services, 32 bytes each, and the public keys of all. Errors never quote a private
// key.
func ParseKeyring(private, public []string) (*Keyring, error) {
	k := newKeyring()
	for _, text := range public {
		service, key, err := parseKey(text)
		if err != nil {
			return nil, fmt.Errorf("public key %q: %w", text, err)
		}
		if k.public[service] != nil {
			return nil, fmt.Errorf("two public keys of %s", service)
		}
		k.public[service] = key
	}
	for i, text := range private {
		service, seed, err := parseKey(text)
		if err != nil {
			return nil, fmt.Errorf("private key %d: %w", i+1, err)
		}
		key := ed25519.NewKeyFromSeed(seed)
		if !key.Public().(ed25519.PublicKey).Equal(k.public[service]) {
			return nil, fmt.Errorf("the private key of %s does not belong to its public key", service)
		}
		k.private[service] = key
	}
	return k, nil
}

func parseKey(text string) (service string, key []byte, err error) {
	service, encoded, found := strings.Cut(strings.TrimSpace(text), "=")
	if !found || service == "" {
		return "", nil, errors.New("expected NAME=KEY")
	}
	key, err = base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return "", nil, errors.New("expected 32 bytes in base64url")
	}
	return service, key, nil
}

// Encoded returns the keys in the form that ParseKeyring reads.
func (k *Keyring) Encoded(service string) (private, public string) {
	encode := base64.RawURLEncoding.EncodeToString
	return service + "=" + encode(k.private[service].Seed()), service + "=" + encode(k.public[service])
}

// Service signs in the name of a service, whose private key the keyring has, and
// verifies tokens for it.
func (k *Keyring) Service(name string) (*Internal, error) {
	private := k.private[name]
	if private == nil {
		return nil, fmt.Errorf("no private key of %s", name)
	}
	i := newSigned(name, private, k)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.verified[name] = i.verified
	return i, nil
}

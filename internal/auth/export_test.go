package auth

import "crypto/ed25519"

// PrivateKey parses a private key of the form NAME=KEY.
func PrivateKey(text string) (ed25519.PrivateKey, error) {
	_, seed, err := parseKey(text)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// Cached is how many tokens are kept.
func (i *Internal) Cached() int {
	return len(i.verified.young) + len(i.verified.older) + len(i.signed.young) + len(i.signed.older)
}

// ClearCaches empties the caches.
func (i *Internal) ClearCaches() { i.signed, i.verified = newRecent[string](), newRecent[Caller]() }

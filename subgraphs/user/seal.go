package user

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// sealer encrypts the secrets of second factors at rest, so that whoever reads the
// database alone cannot compute codes. The first key encrypts, and all of them decrypt,
// so that keys can be replaced. Without a key secrets are stored as they are.
type sealer struct{ keys []sealingKey }

type sealingKey struct {
	id   []byte // the first bytes of the key's hash
	aead cipher.AEAD
}

const (
	keyBytes   = 32
	keyIDBytes = 4

	unsealed byte = 0
	sealed   byte = 1
)

var errNoSealingKey = errors.New("no key of USER_ENCRYPTION_KEYS decrypts this secret")

// newSealer takes keys of 32 bytes in base64url. Errors never quote one.
func newSealer(encoded []string) (sealer, error) {
	var s sealer
	for i, text := range encoded {
		key, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(key) != keyBytes {
			return s, fmt.Errorf("USER_ENCRYPTION_KEYS: key %d is not 32 bytes in base64url; cartograph keys prints one", i+1)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return s, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return s, err
		}
		sum := sha256.Sum256(key)
		s.keys = append(s.keys, sealingKey{sum[:keyIDBytes], aead})
	}
	return s, nil
}

// seal encrypts a secret of an owner. It cannot be opened as another's.
func (s sealer) seal(secret []byte, owner string) []byte {
	if len(s.keys) == 0 {
		return append([]byte{unsealed}, secret...)
	}
	key := s.keys[0]
	return key.aead.Seal(append([]byte{sealed}, key.id...), nil, secret, []byte(owner))
}

func (s sealer) open(stored []byte, owner string) ([]byte, error) {
	if len(stored) > 0 && stored[0] == unsealed {
		return stored[1:], nil
	}
	if len(stored) <= 1+keyIDBytes || stored[0] != sealed {
		return nil, errors.New("a stored secret is damaged")
	}
	for _, key := range s.keys {
		if bytes.Equal(key.id, stored[1:1+keyIDBytes]) {
			return key.aead.Open(nil, nil, stored[1+keyIDBytes:], []byte(owner))
		}
	}
	return nil, errNoSealingKey
}

package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash"
	"strconv"
	"sync"
	"time"
)

// signer writes JWTs. The router signs one for nearly every request, so the claims
// are encoded without reflection. A test verifies its tokens with the JWT library.
type signer interface {
	sign(claims []byte) string
}

// macSigner signs with HMAC-SHA256. It is safe for concurrent use: each call has a
// MAC of its own from the pool.
type macSigner struct{ macs sync.Pool }

func newMACSigner(secret []byte) *macSigner {
	s := &macSigner{}
	s.macs.New = func() any { return hmac.New(sha256.New, secret) }
	return s
}

// The headers {"alg":"HS256","typ":"JWT"} and {"alg":"EdDSA","typ":"JWT"} in
// base64url, with the dot.
const (
	macHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
	keyHeader = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9."
)

func (s *macSigner) sign(claims []byte) string {
	token := unsigned(macHeader, claims)
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	_, _ = mac.Write(token)
	var sum [sha256.Size]byte
	return string(base64.RawURLEncoding.AppendEncode(append(token, '.'), mac.Sum(sum[:0])))
}

// keySigner signs with Ed25519.
type keySigner struct{ private ed25519.PrivateKey }

func (s keySigner) sign(claims []byte) string {
	token := unsigned(keyHeader, claims)
	return string(base64.RawURLEncoding.AppendEncode(append(token, '.'), ed25519.Sign(s.private, token)))
}

// unsigned is a token's header and claims, with room for the signature.
func unsigned(header string, claims []byte) []byte {
	const dot, room = 1, 96
	encoding := base64.RawURLEncoding
	token := make([]byte, 0, len(header)+encoding.EncodedLen(len(claims))+dot+room)
	return encoding.AppendEncode(append(token, header...), claims)
}

// appendClaims encodes what internalClaims decodes. Empty claims are omitted.
func appendClaims(out []byte, c *Caller, issuer, audience string, issued time.Time) []byte {
	out = appendText(append(out, `{"iss":`...), issuer)
	out = strconv.AppendInt(append(out, `,"iat":`...), issued.Unix(), 10)
	out = strconv.AppendInt(append(out, `,"exp":`...), issued.Add(internalLifetime).Unix(), 10)
	out = appendText(append(out, `,"kind":`...), string(c.Kind))
	for _, claim := range [...]struct{ name, value string }{
		{`,"aud":`, audience},
		{`,"sub":`, c.ID},
		{`,"gst":`, c.GuestID},
		{`,"cmg":`, c.CartMerge},
		{`,"sid":`, c.SessionID},
		{`,"loc":`, c.Locale},
		{`,"cur":`, c.Currency},
		{`,"uns":`, c.Unsold},
		{`,"cty":`, c.Country},
		{`,"rid":`, c.RequestID},
		{`,"adr":`, c.Address},
		{`,"bot":`, flag(c.Bot)},
		{`,"uag":`, c.UserAgent},
		{`,"ipc":`, c.IPCountry},
		{`,"obk":`, string(c.OnBehalfOf.Kind)},
		{`,"obo":`, c.OnBehalfOf.ID},
	} {
		if claim.value != "" {
			out = appendText(append(out, claim.name...), claim.value)
		}
	}
	before := `,"scp":[`
	for _, scope := range c.Scopes {
		out = appendText(append(out, before...), scope)
		before = ","
	}
	if len(c.Scopes) > 0 {
		out = append(out, ']')
	}
	return append(out, '}')
}

// flag is a claim that is omitted unless it is set.
func flag(set bool) string {
	if set {
		return "1"
	}
	return ""
}

// appendText encodes a JSON string: printable ASCII as it is, anything else by the
// standard encoder.
func appendText(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			escaped, _ := json.Marshal(text) // of a string, which never fails
			return append(out, escaped...)
		}
	}
	out = append(append(out, '"'), text...)
	return append(out, '"')
}

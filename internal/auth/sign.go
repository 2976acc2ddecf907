package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash"
	"strconv"
	"sync"
	"time"
)

// signer writes tokens that are signed with HMAC-SHA256. The router signs one
// for nearly every request, so the claims, whose names and kinds are known, are
// written without looking them up by reflection.
type signer struct{ macs sync.Pool }

func newSigner(secret []byte) *signer {
	s := &signer{}
	s.macs.New = func() any { return hmac.New(sha256.New, secret) }
	return s
}

// signedHeader is {"alg":"HS256","typ":"JWT"}, as tokens begin with it.
const signedHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

func (s *signer) sign(claims []byte) string {
	const dot, room = 1, 64 // room: for the signature
	encoding := base64.RawURLEncoding
	token := make([]byte, 0, len(signedHeader)+encoding.EncodedLen(len(claims))+dot+room)
	token = encoding.AppendEncode(append(token, signedHeader...), claims)
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	_, _ = mac.Write(token)
	var sum [sha256.Size]byte
	return string(encoding.AppendEncode(append(token, '.'), mac.Sum(sum[:0])))
}

// appendClaims writes what internalClaims reads. What is empty is left out.
func appendClaims(out []byte, c *Caller, issued time.Time) []byte {
	out = appendText(append(out, `{"iss":`...), internalIssuer)
	out = strconv.AppendInt(append(out, `,"iat":`...), issued.Unix(), 10)
	out = strconv.AppendInt(append(out, `,"exp":`...), issued.Add(internalLifetime).Unix(), 10)
	out = appendText(append(out, `,"kind":`...), string(c.Kind))
	for _, claim := range [...]struct{ name, value string }{
		{`,"sub":`, c.ID},
		{`,"gst":`, c.GuestID},
		{`,"sid":`, c.SessionID},
		{`,"loc":`, c.Locale},
		{`,"cur":`, c.Currency},
		{`,"cty":`, c.Country},
		{`,"rid":`, c.RequestID},
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

// appendText writes a JSON string. Nearly all are plain.
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

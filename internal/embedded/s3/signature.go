package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Refusals, by S3's codes.
var (
	errSignature = errors.New("SignatureDoesNotMatch")
	errExpired   = errors.New("AccessDenied")
	errDate      = errors.New("RequestTimeTooSkewed")
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	dateForm  = "20060102T150405Z"
	unsigned  = "UNSIGNED-PAYLOAD"
	// maxSkew is how far the date of a request may be from the clock.
	maxSkew = 15 * time.Minute
	// maxExpiry is how long a signed address may be valid.
	maxExpiry = 7 * 24 * time.Hour
)

// signed are the parts of a request that its signature is over.
type signed struct {
	scope     string // date/region/s3/aws4_request
	date      time.Time
	headers   []string // in lower case, sorted
	payload   string   // hash, or what stands for it
	signature string
	query     url.Values
}

// verify returns why a request is not signed with the keys: Signature Version 4, in
// its header or in its address.
func (k keys) verify(r *http.Request, now time.Time) error {
	s, err := k.read(r, now)
	if err != nil {
		return err
	}
	if !slices.Contains(s.headers, "host") {
		return errSignature
	}
	// A header that S3 acts on and that is not signed would be the client's own:
	// one makes a PUT a copy of another object.
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(s.headers, name) {
			return errSignature
		}
	}
	expected := k.sign(r, s)
	if !hmac.Equal([]byte(expected), []byte(s.signature)) {
		return errSignature
	}
	return nil
}

// read finds the signature of a request, and checks its dates.
func (k keys) read(r *http.Request, now time.Time) (signed, error) {
	query := r.URL.Query()
	if query.Has("X-Amz-Signature") {
		return k.readAddress(query, now)
	}
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), algorithm+" ")
	if !ok {
		return signed{}, errSignature
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	s := signed{
		headers: strings.Split(parts["SignedHeaders"], ";"), signature: parts["Signature"],
		payload: r.Header.Get("X-Amz-Content-Sha256"), query: query,
	}
	date, err := time.Parse(dateForm, r.Header.Get("X-Amz-Date"))
	if err != nil || !k.scoped(&s, parts["Credential"], date) {
		return s, errSignature
	}
	if now.Sub(date).Abs() > maxSkew {
		return s, errDate
	}
	return s, nil
}

func (k keys) readAddress(query url.Values, now time.Time) (signed, error) {
	s := signed{
		headers: strings.Split(query.Get("X-Amz-SignedHeaders"), ";"), signature: query.Get("X-Amz-Signature"), payload: unsigned, query: query,
	}
	date, err := time.Parse(dateForm, query.Get("X-Amz-Date"))
	if err != nil || query.Get("X-Amz-Algorithm") != algorithm || !k.scoped(&s, query.Get("X-Amz-Credential"), date) {
		return s, errSignature
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	expiry := time.Duration(seconds) * time.Second
	if err != nil || expiry <= 0 || expiry > maxExpiry {
		return s, errSignature
	}
	if date.Sub(now) > maxSkew {
		return s, errDate
	}
	if now.After(date.Add(expiry)) {
		return s, errExpired
	}
	query.Del("X-Amz-Signature")
	return s, nil
}

// scoped reads a credential, KEY/date/region/s3/aws4_request.
func (k keys) scoped(s *signed, credential string, date time.Time) bool {
	access, scope, ok := strings.Cut(credential, "/")
	s.scope, s.date = scope, date
	parts := strings.Split(scope, "/")
	return ok && access == k.access && len(parts) == 4 && parts[0] == date.Format("20060102") && parts[2] == "s3" && parts[3] == "aws4_request"
}

func (k keys) sign(r *http.Request, s signed) string {
	var canonical strings.Builder
	for _, part := range []string{r.Method, s3utils.EncodePath(r.URL.Path), strings.ReplaceAll(s.query.Encode(), "+", "%20")} {
		canonical.WriteString(part + "\n")
	}
	for _, name := range s.headers {
		canonical.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	canonical.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + s.payload)

	digest := sha256.Sum256([]byte(canonical.String()))
	text := strings.Join([]string{algorithm, s.date.Format(dateForm), s.scope, hex.EncodeToString(digest[:])}, "\n")
	key := []byte("AWS4" + k.secret)
	for part := range strings.SplitSeq(s.scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

// headerValue is a header as it is signed. The host and the length are those of the
// request itself, not what a header claims.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header[textproto.CanonicalMIMEHeaderKey(name)])
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

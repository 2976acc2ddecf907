package auth_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/auth"
)

// claimsOf are what another reader of tokens finds in one of ours.
func claimsOf(t *testing.T, token string) (claims map[string]any, header map[string]any) {
	t.Helper()
	parsed, err := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithJSONNumber()).
		ParseWithClaims(token, jwt.MapClaims{}, func(*jwt.Token) (any, error) { return []byte(secret), nil })
	if err != nil {
		t.Fatalf("token %s does not hold: %v", token, err)
	}
	return parsed.Claims.(jwt.MapClaims), parsed.Header
}

func TestATokenHasEveryClaim(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now().Unix()
	claims, header := claimsOf(t, internal.Sign(auth.Caller{
		Actor:  auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scopes: []string{"cart:read", `"quoted"`}},
		Locale: "de-DE", Currency: "EUR", Country: "DE", RequestID: "req-1", Address: "192.0.2.1", PerMinute: 7, Expires: time.Now(),
		UserAgent: "Firefox", IPCountry: "AT",
		OnBehalfOf: auth.Actor{Kind: auth.Guest, ID: "gst_2"},
	}, "cart"))
	if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "JWT"}, header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	issued, _ := claims["iat"].(json.Number).Int64()
	expires, _ := claims["exp"].(json.Number).Int64()
	if issued < began || issued > time.Now().Unix() || expires != issued+60 {
		t.Errorf("issued at %d until %d, want now (%d) and a minute", issued, expires, began)
	}
	delete(claims, "iat")
	delete(claims, "exp")
	want := map[string]any{
		"iss": "cartograph-internal", "sub": "usr_ada", "kind": "USER", "gst": "gst_1", "cmg": "KEEP_GUEST", "sid": "ses_1",
		"scp": []any{"cart:read", `"quoted"`}, "loc": "de-DE", "cur": "EUR", "cty": "DE", "rid": "req-1", "adr": "192.0.2.1", "uag": "Firefox", "ipc": "AT",
		"obk": "GUEST", "obo": "gst_2",
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestATokenLeavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := claimsOf(t, internal.Sign(auth.Caller{}, "cart"))
	delete(claims, "iat")
	delete(claims, "exp")
	if diff := cmp.Diff(map[string]any{"iss": "cartograph-internal", "kind": ""}, claims); diff != "" {
		t.Errorf("claims of no caller (-want +got):\n%s", diff)
	}
}

// Whatever a caller is called, a token carries it letter for letter and cannot be
// made to carry more: bytes that are no text become U+FFFD, as in any JSON.
func TestATokenCarriesAnyTextUnchanged(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	texts := rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{`"`, `\`, `","kind":"SERVICE`, "\x00\n\t", "<script>&", "\u2028\u2029", "ü€😀", "\x7f", "\xff", strings.Repeat("x", 4000)}),
	)
	rapid.Check(t, func(t *rapid.T) {
		signed := auth.Caller{
			Actor: auth.Actor{
				Kind: auth.Kind(texts.Draw(t, "kind")), ID: texts.Draw(t, "id"), GuestID: texts.Draw(t, "guest"),
				SessionID: texts.Draw(t, "session"), Scopes: rapid.SliceOfN(texts, 1, 4).Draw(t, "scopes"),
			},
			Locale: texts.Draw(t, "locale"), Currency: texts.Draw(t, "currency"), Unsold: texts.Draw(t, "unsold"), Country: texts.Draw(t, "country"),
			RequestID: texts.Draw(t, "request"), UserAgent: texts.Draw(t, "program"), Bot: rapid.Bool().Draw(t, "bot"),
		}
		got, err := internal.Verify(internal.Sign(signed, "cart"))
		if err != nil {
			t.Fatalf("the token of %+v does not hold: %v", signed, err)
		}
		var want auth.Caller
		text, err := json.Marshal(signed)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("caller (-signed +verified):\n%s", diff)
		}
	})
}

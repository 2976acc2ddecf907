package auth_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
)

const secret = "0123456789abcdef0123456789abcdef"

func TestInternalTokenKeepsTheCaller(t *testing.T) {
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Caller{
		Actor: auth.Actor{
			Kind: auth.User, ID: "usr_ada", GuestID: "gst_1", CartMerge: "KEEP_GUEST", SessionID: "ses_1", Scopes: []string{"cart:read"},
		},
		Locale: "de-DE", Currency: "EUR", Country: "DE", RequestID: "req-1",
	}
	token := internal.Sign(want, "cart")
	got, err := internal.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("caller (-signed +verified):\n%s", diff)
	}
}

func TestForeignInternalTokensAreRefused(t *testing.T) {
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	other, err := auth.NewInternal(strings.Repeat("x", 32))
	if err != nil {
		t.Fatal(err)
	}
	foreign := other.Sign(auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada"}}, "cart")
	sign := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		s, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good := jwt.MapClaims{"iss": "cartograph-internal", "sub": "usr_ada", "exp": time.Now().Add(time.Minute).Unix()}
	for name, token := range map[string]string{
		"another secret": foreign,
		"no signature":   sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good),
		"other method":   sign(jwt.SigningMethodHS512, []byte(secret), good),
		"expired":        sign(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iss": "cartograph-internal", "exp": time.Now().Add(-time.Minute).Unix()}),
		"never expires":  sign(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iss": "cartograph-internal"}),
		"other issuer":   sign(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iss": "cartograph", "exp": time.Now().Add(time.Minute).Unix()}),
		"empty":          "",
	} {
		if caller, err := internal.Verify(token); err == nil {
			t.Errorf("%s: verified as %+v, want it refused", name, caller)
		}
	}
}

func TestAUserOwnsWhatTheyHadAsGuest(t *testing.T) {
	ada := auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}
	for owner, want := range map[string]bool{"usr_ada": true, "gst_1": true, "usr_eve": false, "": false} {
		if got := ada.Owns(owner); got != want {
			t.Errorf("Owns(%q) = %v, want %v", owner, got, want)
		}
	}
	if got := (auth.Actor{}).Owns(""); got {
		t.Error("nobody owns what has no owner")
	}
}

func TestAnInternalTokenExpiresAfterAMinuteAndTheClockSkew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		internal, err := auth.NewInternal(secret)
		if err != nil {
			t.Fatal(err)
		}
		token := internal.Sign(auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada"}}, "cart")
		time.Sleep(time.Minute + 4*time.Second)
		if _, err := internal.Verify(token); err != nil {
			t.Errorf("4 s after it expired: %v, want it accepted, since clocks may differ by 5 s", err)
		}
		time.Sleep(2 * time.Second)
		if caller, err := internal.Verify(token); err == nil {
			t.Errorf("6 s after it expired: verified as %+v, want it refused", caller)
		}
	})
}

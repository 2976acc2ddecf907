package user

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/subgraphs/user/db"
)

func TestAChallengeEndsWithItsUseItsTimeItsAttemptsAndThePassword(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	used := p.challenge(anonymous(t), t)
	if _, err := p.verify(t, used, p.recovery[0]); err != nil {
		t.Fatal(err)
	}
	_, err := p.verify(t, used, p.recovery[1])
	wantCode(t, err, "TOKEN_INVALID")
	_, err = p.verify(t, "nonsense", p.recovery[1])
	wantCode(t, err, "TOKEN_INVALID")

	old := p.challenge(anonymous(t), t)
	p.clock.advance(challengeTTL)
	_, err = p.verify(t, old, p.recovery[1])
	wantCode(t, err, "TOKEN_EXPIRED")

	tried := p.challenge(anonymous(t), t)
	for range maxChallengeAttempts {
		_, err = p.verify(t, tried, "aaaa-aaaa-aaaa-aaaa")
		wantCode(t, err, "CREDENTIALS_INVALID")
	}
	_, err = p.verify(t, tried, p.recovery[1])
	wantCode(t, err, "TOKEN_INVALID")

	before := p.challenge(anonymous(t), t)
	p.clock.advance(time.Second)
	if _, err := p.ChangePassword(signedIn(t, p.tokens), goodPassword, "kettles in the snow"); err != nil {
		t.Fatal(err)
	}
	_, err = p.verify(t, before, p.recovery[1])
	wantCode(t, err, "TOKEN_INVALID")
}

// The hash of a challenge authenticates nothing else, and no other token verifies.
func TestAChallengeIsGoodForNothingElse(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	challenge := p.challenge(anonymous(t), t)
	_, _, err := p.Refresh(anonymous(t), challenge)
	wantCode(t, err, "TOKEN_INVALID")
	_, err = p.VerifyEmail(anonymous(t), challenge)
	wantCode(t, err, "TOKEN_INVALID")
	_, err = p.verify(t, p.tokens.RefreshToken, p.recovery[0])
	wantCode(t, err, "TOKEN_INVALID")
}

func TestGuessesOfCodesAreBoundedByAccountAndKeepTheOwnerOutOfNothing(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	first, _, err := p.VerifyLogin(anonymous(t), LoginVerification{Challenge: p.challenge(anonymous(t), t), Code: p.recovery[0]})
	if err != nil {
		t.Fatal(err)
	}
	wrong, refused := 0, false
	for range 4 * maxCodes {
		challenge := p.challenge(anonymous(t), t)
		_, err := p.verify(t, challenge, p.wrong(t))
		if fault.CodeOf(err) == "RATE_LIMITED" {
			refused = true
			break
		}
		wantCode(t, err, "CREDENTIALS_INVALID")
		wrong++
	}
	if !refused || wrong != maxCodes {
		t.Fatalf("%d wrong codes were compared, refused: %t; want %d", wrong, refused, maxCodes)
	}
	_, err = p.verify(t, p.challenge(anonymous(t), t), p.code(t))
	wantCode(t, err, "RATE_LIMITED") // the right one, from anywhere
	if _, _, err := p.VerifyLogin(anonymous(t), LoginVerification{
		Challenge: p.challenge(anonymous(t), t), Code: p.code(t), DeviceToken: first.DeviceToken,
	}); err != nil {
		t.Errorf("the owner on a device of the account: %v", err)
	}
	if _, err := p.verify(t, p.challenge(anonymous(t), t), p.recovery[1]); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	p.clock.advance(attemptWindow)
	if _, err := p.verify(t, p.challenge(anonymous(t), t), p.code(t)); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestOfConcurrentUsesOfACodeOneSignsIn(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	code, challenges := p.code(t), make([]string, 4)
	for i := range challenges {
		challenges[i] = p.challenge(anonymous(t), t)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	signedIn := 0
	for _, challenge := range challenges {
		wg.Go(func() {
			_, err := p.verify(t, challenge, code)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				signedIn++
			} else if fault.CodeOf(err) != "CREDENTIALS_INVALID" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if signedIn != 1 {
		t.Errorf("one code signed in %d times", signedIn)
	}
}

func TestStaffResetASecondFactorAndTheLogHasIt(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	root := as(t, auth.Actor{Kind: auth.User, ID: "usr_01J0000000000000000000000R", Scopes: []string{"users:write"}})
	for range 2 { // a repetition changes nothing
		u, err := p.ResetSecondFactor(root, p.user.ID)
		if err != nil || u.SecondFactorEnabledAt() != nil {
			t.Fatalf("reset: %+v, %v", u, err)
		}
	}
	if _, _, err := p.Login(anonymous(t), Credentials{Email: adasEmail, Password: goodPassword}); err != nil {
		t.Errorf("sign in by the password: %v", err)
	}
	entries, err := p.AuditLog(t.Context(), &p.user.ID, nil, nil)
	if err != nil || len(entries.Nodes) != 1 || entries.Nodes[0].Action != string(audit.SecondFactorReset) || *entries.Nodes[0].ActorID != "usr_01J0000000000000000000000R" {
		t.Errorf("audit log %+v, %v", entries.Nodes, err)
	}
	_, err = p.ResetSecondFactor(root, "usr_01J0000000000000000000000X")
	wantCode(t, err, "NOT_FOUND")
}

func TestStaffWithoutASecondFactorHaveTheScopesOfCustomersWhereItIsRequired(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	if err := s.Configure(Config{StaffSecondFactor: true}); err != nil {
		t.Fatal(err)
	}
	ada, tokens := register(t, s, adasEmail)
	if tokens.SecondFactorMissing {
		t.Error("a customer needs one")
	}
	if _, err := s.SetRoles(t.Context(), ada.ID, []Role{Support}); err != nil {
		t.Fatal(err)
	}
	tokens, _, err := s.Refresh(anonymous(t), tokens.RefreshToken)
	if err != nil || !tokens.SecondFactorMissing || signedInHas(t, tokens, "users:read") {
		t.Fatalf("support without a second factor: %+v, %v", tokens, err)
	}
	enrollment, err := s.EnrollTOTP(signedIn(t, tokens), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	p := &protected{Service: s, clock: c, secret: enrollment.Secret}
	if _, _, err := s.ConfirmTOTP(signedIn(t, tokens), p.code(t)); err != nil {
		t.Fatal(err)
	}
	if tokens, _, err = s.Refresh(anonymous(t), tokens.RefreshToken); err != nil || tokens.SecondFactorMissing || !signedInHas(t, tokens, "users:read") {
		t.Errorf("support with a second factor: %+v, %v", tokens, err)
	}
	entries, err := s.AuditLog(t.Context(), &ada.ID, nil, nil)
	if err != nil || len(entries.Nodes) != 2 || entries.Nodes[0].Action != string(audit.SecondFactorEnabled) {
		t.Errorf("audit log %+v, %v", entries.Nodes, err)
	}
}

func signedInHas(t *testing.T, tokens *Tokens, scope string) bool {
	t.Helper()
	return claimsOf(t, tokens.AccessToken).Actor().Has(scope)
}

func TestSecretsOfSecondFactorsAreEncryptedAndKeysCanBeReplaced(t *testing.T) {
	t.Parallel()
	const first, second = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	p := newProtected(t) // stored without a key
	stored := func() []byte {
		t.Helper()
		row, err := db.New(p.pool).TOTPSecret(t.Context(), p.user.ID)
		if err != nil {
			t.Fatal(err)
		}
		return row.Secret
	}
	raw, err := base32Encoding.DecodeString(p.secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, keys := range [][]string{{first}, {second, first}, {second}} {
		if err := p.Configure(Config{EncryptionKeys: keys}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.verify(t, p.challenge(anonymous(t), t), p.code(t)); err != nil {
			t.Errorf("with the keys %d: %v", i, err)
		}
		p.clock.advance(totpPeriod)
		if bytes.Contains(stored(), raw) {
			t.Errorf("with the keys %d the secret is stored as it is", i)
		}
	}
	if err := p.Configure(Config{EncryptionKeys: []string{first}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.verify(t, p.challenge(anonymous(t), t), p.code(t)); err == nil || fault.Of(err) != nil {
		t.Errorf("without the key: %v, want a fault of ours", err)
	}
	if _, err := p.verify(t, p.challenge(anonymous(t), t), p.recovery[0]); err != nil {
		t.Errorf("a recovery code needs no key: %v", err)
	}
	if _, err := p.sealer.open(stored(), "usr_eve"); err == nil {
		t.Error("a secret opens as another user's")
	}
	for _, bad := range []string{"", "short", first + "A", "!!" + first[2:]} {
		if err := p.Configure(Config{EncryptionKeys: []string{bad}}); err == nil {
			t.Errorf("the key %q is accepted", bad)
		}
	}
}

func TestAnErasedAccountKeepsNothingOfItsSecondFactor(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	p.challenge(anonymous(t), t)
	if err := p.Erase(t.Context(), p.user.ID); err != nil {
		t.Fatal(err)
	}
	if n := count(t, p.Service, `SELECT (SELECT count(*) FROM totp_secrets) + (SELECT count(*) FROM recovery_codes)
		+ (SELECT count(*) FROM sign_in_challenges) + (SELECT count(*) FROM users WHERE totp_enabled_at IS NOT NULL)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

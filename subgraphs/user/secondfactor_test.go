package user

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// protected is an account with a second factor.
type protected struct {
	*Service
	clock    *clock
	user     *User
	tokens   *Tokens
	secret   string
	recovery []string
}

const adasEmail = "ada@demo.test"

func newProtected(t *testing.T) *protected {
	t.Helper()
	s, c := newServiceAndClock(t)
	p := &protected{Service: s, clock: c}
	p.user, p.tokens = register(t, s, adasEmail)
	enrollment, err := s.EnrollTOTP(signedIn(t, p.tokens), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	p.secret = enrollment.Secret
	if p.recovery, _, err = s.ConfirmTOTP(signedIn(t, p.tokens), p.code(t)); err != nil {
		t.Fatal(err)
	}
	c.advance(totpPeriod)
	return p
}

// code is what the authenticator shows now.
func (p *protected) code(t *testing.T) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret, p.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// wrong is a code that is valid at none of the steps around now.
func (p *protected) wrong(t *testing.T) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret, p.clock.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// challenge is what the first step of a sign-in returns.
func (p *protected) challenge(ctx context.Context, t *testing.T) string {
	t.Helper()
	tokens, _, err := p.Login(ctx, Credentials{Email: adasEmail, Password: goodPassword, CartMerge: KeepGuestCart})
	return challengeIn(t, tokens, err)
}

func challengeIn(t *testing.T, tokens *Tokens, err error) string {
	t.Helper()
	required, ok := errors.AsType[*SecondFactorRequired](err)
	if !ok || tokens != nil || fault.CodeOf(err) != "SECOND_FACTOR_REQUIRED" {
		t.Fatalf("tokens %v, %v; want a challenge", tokens, err)
	}
	return required.Challenge
}

func (p *protected) verify(t *testing.T, challenge, code string) (*Tokens, error) {
	t.Helper()
	tokens, _, err := p.VerifyLogin(anonymous(t), LoginVerification{Challenge: challenge, Code: code})
	return tokens, err
}

func TestASecondFactorIsInUseOnceACodeOfItIsConfirmed(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, tokens := register(t, s, adasEmail)
	other, _, err := s.Login(anonymous(t), Credentials{Email: adasEmail, Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.EnrollTOTP(signedIn(t, tokens), "another password")
	wantCode(t, err, "CREDENTIALS_INVALID")
	_, _, err = s.ConfirmTOTP(signedIn(t, tokens), "123456")
	wantCode(t, err, "INVALID_INPUT") // nothing is enrolled
	enrollment, err := s.EnrollTOTP(signedIn(t, tokens), goodPassword)
	if err != nil || !strings.HasPrefix(enrollment.OtpauthURI, "otpauth://totp/Cartograph:ada@demo.test?") || !strings.Contains(enrollment.OtpauthURI, "secret="+enrollment.Secret) {
		t.Fatalf("enrolment %+v, %v", enrollment, err)
	}
	if _, _, err := s.Login(anonymous(t), Credentials{Email: adasEmail, Password: goodPassword}); err != nil {
		t.Errorf("an enrolment that is not confirmed keeps its owner out: %v", err)
	}
	p := &protected{Service: s, clock: c, secret: enrollment.Secret}
	_, _, err = s.ConfirmTOTP(signedIn(t, tokens), p.wrong(t))
	wantCode(t, err, "CREDENTIALS_INVALID")
	c.advance(enrollmentTTL + time.Second)
	_, _, err = s.ConfirmTOTP(signedIn(t, tokens), p.code(t))
	wantCode(t, err, "INVALID_INPUT") // too late
	if enrollment, err = s.EnrollTOTP(signedIn(t, tokens), goodPassword); err != nil {
		t.Fatal(err)
	}
	p.secret = enrollment.Secret
	codes, confirmed, err := s.ConfirmTOTP(signedIn(t, tokens), p.code(t))
	if err != nil || confirmed.SecondFactorEnabledAt() == nil {
		t.Fatalf("confirmed: %+v, %v", confirmed, err)
	}
	form := regexp.MustCompile(`^([a-z2-7]{4}-){3}[a-z2-7]{4}$`)
	if len(codes) != 10 || !form.MatchString(codes[0]) || codes[0] == codes[1] {
		t.Errorf("recovery codes %q", codes)
	}
	if err := s.CheckSession(signedIn(t, other)); fault.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("a session that began without the second factor goes on: %v", err)
	}
	if err := s.CheckSession(signedIn(t, tokens)); err != nil {
		t.Errorf("the session that enrolled ended: %v", err)
	}
	_, err = s.EnrollTOTP(signedIn(t, tokens), goodPassword)
	wantCode(t, err, "INVALID_INPUT") // it is in use
	if changed := eventsOf[event.SecondFactorChanged](t, s); len(changed) != 1 || changed[0].UserID != ada.ID || changed[0].Change != event.SecondFactorEnabled || changed[0].RecoveryCodesLeft != 10 {
		t.Errorf("published %+v", changed)
	}
}

func TestEveryWayToSignInNeedsTheSecondFactor(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	guest, err := p.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	challenge := p.challenge(signedIn(t, guest), t)
	if n := count(t, p.Service, "SELECT count(*) FROM known_guests"); n != 0 {
		t.Error("a guest was claimed by the password alone")
	}
	tokens, _, err := p.VerifyLogin(signedIn(t, guest), LoginVerification{Challenge: challenge, Code: p.code(t)})
	if err != nil {
		t.Fatal(err)
	}
	claims := claimsOf(t, tokens.AccessToken)
	if claims.Subject != p.user.ID || claims.GuestID == "" || claims.CartMerge != string(KeepGuestCart) || tokens.DeviceToken == nil {
		t.Errorf("signed in as %+v with device %v", claims, tokens.DeviceToken)
	}

	tokens, _, err = p.Register(anonymous(t), Registration{Email: adasEmail, Password: goodPassword, DisplayName: "Ada", Locale: "en-US"})
	challengeIn(t, tokens, err)

	if err := p.RequestPasswordReset(anonymous(t), adasEmail); err != nil {
		t.Fatal(err)
	}
	if _, err := p.sendResets(t.Context()); err != nil {
		t.Fatal(err)
	}
	due := eventsOf[event.PasswordResetDue](t, p.Service)
	token, err := p.LinkToken(as(t, auth.Actor{Kind: auth.Service, ID: notificationService}), due[0].LinkID)
	if err != nil {
		t.Fatal(err)
	}
	tokens, _, err = p.ResetPassword(anonymous(t), token, "kettles in the snow")
	reset := challengeIn(t, tokens, err)
	p.clock.advance(totpPeriod)
	if _, err := p.verify(t, reset, p.code(t)); err != nil {
		t.Errorf("after a reset of the password: %v", err)
	}
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	used := p.code(t)
	if _, err := p.verify(t, p.challenge(anonymous(t), t), used); err != nil {
		t.Fatal(err)
	}
	_, err := p.verify(t, p.challenge(anonymous(t), t), used)
	wantCode(t, err, "CREDENTIALS_INVALID")
	p.clock.advance(-totpPeriod) // the step before it, still in the skew
	earlier := p.code(t)
	p.clock.advance(totpPeriod)
	_, err = p.verify(t, p.challenge(anonymous(t), t), earlier)
	wantCode(t, err, "CREDENTIALS_INVALID")
	p.clock.advance(totpPeriod)
	if _, err := p.verify(t, p.challenge(anonymous(t), t), " "+p.code(t)[:3]+" "+p.code(t)[3:]); err != nil {
		t.Errorf("the code of the next step: %v", err)
	}
}

func TestARecoveryCodeWorksOnceAndIsMailedAbout(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	if _, err := p.verify(t, p.challenge(anonymous(t), t), strings.ToUpper(p.recovery[3])); err != nil {
		t.Fatal(err)
	}
	_, err := p.verify(t, p.challenge(anonymous(t), t), p.recovery[3])
	wantCode(t, err, "CREDENTIALS_INVALID")
	changed := eventsOf[event.SecondFactorChanged](t, p.Service)
	if last := changed[len(changed)-1]; last.Change != event.RecoveryCodeUsed || last.RecoveryCodesLeft != 9 {
		t.Errorf("published %+v", last)
	}
	left, err := p.RecoveryCodesLeft(t.Context(), []*User{nil, userOf(rowOf(t, p.Service, adasEmail)), {}})
	if err != nil || left[0] != nil || left[1] == nil || *left[1] != 9 || left[2] != nil {
		t.Errorf("codes left: %v, %v", left, err)
	}
	renewed, _, err := p.ReplaceRecoveryCodes(signedIn(t, p.tokens), goodPassword, p.recovery[4])
	if err != nil || len(renewed) != 10 {
		t.Fatalf("new codes %v, %v", renewed, err)
	}
	_, err = p.verify(t, p.challenge(anonymous(t), t), p.recovery[5])
	wantCode(t, err, "CREDENTIALS_INVALID")
	if _, err := p.verify(t, p.challenge(anonymous(t), t), renewed[5]); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

func TestOnlyBothFactorsTakeTheSecondOutOfUse(t *testing.T) {
	t.Parallel()
	p := newProtected(t)
	ctx := signedIn(t, p.tokens)
	_, err := p.DisableTOTP(ctx, "another password", p.code(t))
	wantCode(t, err, "CREDENTIALS_INVALID")
	_, err = p.DisableTOTP(ctx, goodPassword, p.wrong(t))
	wantCode(t, err, "CREDENTIALS_INVALID")
	left := p.challenge(anonymous(t), t)
	u, err := p.DisableTOTP(ctx, goodPassword, p.code(t))
	if err != nil || u.SecondFactorEnabledAt() != nil {
		t.Fatalf("disabled: %+v, %v", u, err)
	}
	_, err = p.verify(t, left, p.recovery[0])
	wantCode(t, err, "TOKEN_INVALID")
	if _, _, err := p.Login(anonymous(t), Credentials{Email: adasEmail, Password: goodPassword}); err != nil {
		t.Errorf("sign in without it: %v", err)
	}
	_, err = p.DisableTOTP(ctx, goodPassword, p.code(t))
	wantCode(t, err, "INVALID_INPUT")
	if n := count(t, p.Service, "SELECT (SELECT count(*) FROM totp_secrets) + (SELECT count(*) FROM recovery_codes)"); n != 0 {
		t.Errorf("%d secrets are left", n)
	}
}

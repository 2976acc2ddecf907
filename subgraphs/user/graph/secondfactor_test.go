package graph_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

func TestASignInWithASecondFactorHasTwoSteps(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const login = `mutation { userLogin(input: {email: "ada@demo.test", password: "ada-likes-teapots"}) {
		session { accessToken secondFactorMissing } user { id } secondFactor { challenge expiresAt } userErrors { code message path } } }`
	first := s.Must(t, anonymous(), login, nil)
	ada := actorOf(t, first, "userLogin")
	if first.At("userLogin", "secondFactor") != nil || first.At("userLogin", "session", "secondFactorMissing") != false {
		t.Errorf("without a second factor: %v", first.At("userLogin"))
	}
	s.Want(t, ada, `mutation { totpEnroll(password: "wrong") { secret otpauthUri userErrors { code path } } }`, nil,
		`{"totpEnroll": {"secret": null, "otpauthUri": null, "userErrors": [{"code": "CREDENTIALS_INVALID", "path": ["password"]}]}}`)
	enrolled := s.Must(t, ada, `mutation { totpEnroll(password: "ada-likes-teapots") { secret otpauthUri userErrors { code } } }`, nil)
	secret, _ := enrolled.At("totpEnroll", "secret").(string)
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.Want(t, ada, `mutation { totpConfirm(code: "12") { recoveryCodes user { id } userErrors { code path } } }`, nil,
		`{"totpConfirm": {"recoveryCodes": [], "user": null, "userErrors": [{"code": "CREDENTIALS_INVALID", "path": ["code"]}]}}`)
	confirmed := s.Must(t, ada, `mutation($code: String!) { totpConfirm(code: $code) { recoveryCodes user { recoveryCodesLeft } userErrors { code } } }`, map[string]any{"code": code})
	codes, _ := confirmed.At("totpConfirm", "recoveryCodes").([]any)
	if len(codes) != 10 || confirmed.At("totpConfirm", "user", "recoveryCodesLeft") != 10.0 {
		t.Fatalf("confirmed: %v", confirmed.At("totpConfirm"))
	}

	challenged := s.Must(t, anonymous(), login, nil)
	if challenged.At("userLogin", "session") != nil || challenged.At("userLogin", "user") != nil {
		t.Errorf("the password alone returned %v", challenged.At("userLogin"))
	}
	if errs, _ := challenged.At("userLogin", "userErrors").([]any); len(errs) != 1 || errs[0].(map[string]any)["code"] != "SECOND_FACTOR_REQUIRED" {
		t.Errorf("userErrors %v", errs)
	}
	const verify = `mutation($input: UserLoginVerifyInput!) { userLoginVerify(input: $input) { session { accessToken } user { id } userErrors { code path } } }`
	input := map[string]any{"challenge": challenged.At("userLogin", "secondFactor", "challenge"), "code": "000"}
	s.Want(t, anonymous(), verify, map[string]any{"input": input},
		`{"userLoginVerify": {"session": null, "user": null, "userErrors": [{"code": "CREDENTIALS_INVALID", "path": ["input", "code"]}]}}`)
	input["code"] = codes[0]
	if got := actorOf(t, s.Must(t, anonymous(), verify, map[string]any{"input": input}), "userLoginVerify"); got.ID != adaID {
		t.Errorf("signed in as %+v", got)
	}
	s.Want(t, anonymous(), verify, map[string]any{"input": input},
		`{"userLoginVerify": {"session": null, "user": null, "userErrors": [{"code": "TOKEN_INVALID", "path": ["input", "challenge"]}]}}`)

	const reset = `mutation { userSecondFactorReset(userId: "` + adaID + `") { user { id secondFactorEnabledAt } userErrors { code } } }`
	if got := refusals(s.Query(t, support(), reset, nil)); len(got) != 1 || got[0] != `["userSecondFactorReset"] FORBIDDEN` {
		t.Errorf("support resets it: %v", got)
	}
	s.Want(t, chief(), reset, nil, `{"userSecondFactorReset": {"user": {"id": "`+adaID+`", "secondFactorEnabledAt": null}, "userErrors": []}}`)
	if s.Must(t, anonymous(), login, nil).At("userLogin", "session") == nil {
		t.Error("after the reset the password alone is not enough")
	}
}

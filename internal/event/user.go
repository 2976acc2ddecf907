package event

import "time"

// UserRegistered reports that an account was created.
type UserRegistered struct {
	UserID      string `json:"userId"`
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
	NewAddress  bool   `json:"newAddress,omitempty"` // no account had it before; false for accounts that are imported
}

// Type, Topic and Subject make it a Payload.
func (UserRegistered) Type() string      { return typeName("user", "registered") }
func (UserRegistered) Topic() Topic      { return Users }
func (e UserRegistered) Subject() string { return e.UserID }

// UserProfileChanged reports the new public name and locale of a user.
type UserProfileChanged struct {
	UserID      string `json:"userId"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
}

// Type, Topic and Subject make it a Payload.
func (UserProfileChanged) Type() string      { return typeName("user", "profileChanged") }
func (UserProfileChanged) Topic() Topic      { return Users }
func (e UserProfileChanged) Subject() string { return e.UserID }

// GuestClaimed reports that a guest registered or signed in: what the guest owns
// belongs to the user from now on. A guest is claimed once, by one user, and the
// claim is never undone. Events about the guest's things may arrive before or
// after it, on other topics, so a consumer stores the claim and applies it to
// what comes later, too.
type GuestClaimed struct {
	GuestID string `json:"guestId"`
	UserID  string `json:"userId"`
}

// Type, Topic and Subject make it a Payload.
func (GuestClaimed) Type() string      { return typeName("user", "guestClaimed") }
func (GuestClaimed) Topic() Topic      { return Users }
func (e GuestClaimed) Subject() string { return e.UserID }

// SignInsFailed reports that devices on which a user has never signed in sent many
// wrong passwords for the account. It is published once in a quarter of an hour.
type SignInsFailed struct {
	UserID      string `json:"userId"`
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
	Attempts    int    `json:"attempts"`
}

// Type, Topic and Subject make it a Payload.
func (SignInsFailed) Type() string      { return typeName("user", "signInsFailed") }
func (SignInsFailed) Topic() Topic      { return Users }
func (e SignInsFailed) Subject() string { return e.UserID }

// SignedInOnNewDevice reports that the right password was entered on a device on
// which the user had not signed in before. It is published once for each device, and
// not for that of the registration.
type SignedInOnNewDevice struct {
	UserID      string    `json:"userId"`
	Email       string    `json:"email"`
	DisplayName string    `json:"displayName"`
	Locale      string    `json:"locale"`
	DeviceID    string    `json:"deviceId"` // distinguishes the user's devices; no secret
	At          time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (SignedInOnNewDevice) Type() string      { return typeName("user", "signedInOnNewDevice") }
func (SignedInOnNewDevice) Topic() Topic      { return Users }
func (e SignedInOnNewDevice) Subject() string { return e.UserID }

// EmailVerificationDue requests the mail by which a user verifies their address. The
// sender gets the token of the link from the user service at the delivery: the event
// log has none.
type EmailVerificationDue struct {
	UserID      string    `json:"userId"`
	Email       string    `json:"email"`
	DisplayName string    `json:"displayName"`
	Locale      string    `json:"locale"`
	LinkID      string    `json:"linkId"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// Type, Topic and Subject make it a Payload.
func (EmailVerificationDue) Type() string      { return typeName("user", "emailVerificationDue") }
func (EmailVerificationDue) Topic() Topic      { return Users }
func (e EmailVerificationDue) Subject() string { return e.UserID }

// PasswordResetDue requests the mail by which a user chooses a new password. It has no
// token, as EmailVerificationDue.
type PasswordResetDue struct {
	UserID      string    `json:"userId"`
	Email       string    `json:"email"`
	DisplayName string    `json:"displayName"`
	Locale      string    `json:"locale"`
	LinkID      string    `json:"linkId"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// Type, Topic and Subject make it a Payload.
func (PasswordResetDue) Type() string      { return typeName("user", "passwordResetDue") }
func (PasswordResetDue) Topic() Topic      { return Users }
func (e PasswordResetDue) Subject() string { return e.UserID }

// SecondFactorChange is what happened to a user's second factor.
type SecondFactorChange string

// The changes.
const (
	SecondFactorEnabled   SecondFactorChange = "ENABLED"
	SecondFactorDisabled  SecondFactorChange = "DISABLED" // by the user
	SecondFactorReset     SecondFactorChange = "RESET"    // by staff
	RecoveryCodesReplaced SecondFactorChange = "RECOVERY_CODES_REPLACED"
	RecoveryCodeUsed      SecondFactorChange = "RECOVERY_CODE_USED"
)

// SecondFactorChanged reports that a user's sign-in needs a second factor from now on, or
// none any more, or that the recovery codes have changed.
type SecondFactorChanged struct {
	UserID            string             `json:"userId"`
	Email             string             `json:"email"`
	DisplayName       string             `json:"displayName"`
	Locale            string             `json:"locale"`
	Change            SecondFactorChange `json:"change"`
	RecoveryCodesLeft int                `json:"recoveryCodesLeft"`
	At                time.Time          `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (SecondFactorChanged) Type() string      { return typeName("user", "secondFactorChanged") }
func (SecondFactorChanged) Topic() Topic      { return Users }
func (e SecondFactorChanged) Subject() string { return e.UserID }

// PasswordChanged reports that a user has a new password.
type PasswordChanged struct {
	UserID      string    `json:"userId"`
	Email       string    `json:"email"`
	DisplayName string    `json:"displayName"`
	Locale      string    `json:"locale"`
	At          time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (PasswordChanged) Type() string      { return typeName("user", "passwordChanged") }
func (PasswordChanged) Topic() Topic      { return Users }
func (e PasswordChanged) Subject() string { return e.UserID }

// UserErased reports that an account was deleted. Consumers remove the personal data
// that they have of the user; what refers to the user stays, under the name that the
// event has.
type UserErased struct {
	UserID      string `json:"userId"`
	DisplayName string `json:"displayName"` // of all deleted accounts
}

// Type, Topic and Subject make it a Payload.
func (UserErased) Type() string      { return typeName("user", "erased") }
func (UserErased) Topic() Topic      { return Users }
func (e UserErased) Subject() string { return e.UserID }

// EmailRegisteredAgain reports that an account was created with the address of an
// earlier one. The user is that of the earliest account with the address.
type EmailRegisteredAgain struct {
	UserID      string `json:"userId"`
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
}

// Type, Topic and Subject make it a Payload.
func (EmailRegisteredAgain) Type() string      { return typeName("user", "emailRegisteredAgain") }
func (EmailRegisteredAgain) Topic() Topic      { return Users }
func (e EmailRegisteredAgain) Subject() string { return e.UserID }

// SessionRevoked reports that the access tokens of a session are invalid although
// they have not expired. AccessTokensExpireAt is when the last of them expires;
// the revocation can be dropped after it.
type SessionRevoked struct {
	SessionID            string    `json:"sessionId"`
	AccessTokensExpireAt time.Time `json:"accessTokensExpireAt"`
}

// Type, Topic and Subject make it a Payload.
func (SessionRevoked) Type() string      { return typeName("user", "sessionRevoked") }
func (SessionRevoked) Topic() Topic      { return Users }
func (e SessionRevoked) Subject() string { return e.SessionID }

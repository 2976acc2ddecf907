// Package user owns accounts, passwords, sessions, addresses and API clients.
//
// Invariants:
//
//   - Personal data is visible to the user and to staff, the display name also to
//     clients with customers:read. No other caller sees that an account exists.
//   - A deleted account keeps its row and its ID, and no personal data.
//   - Passwords, refresh tokens, API keys and the tokens of mailed links are stored as
//     hashes only.
//   - An account with a second factor is signed in to with both, whatever proves the
//     first: a password, a registration that is repeated, or the link of a mail. A code
//     works once.
//   - A refresh token is valid once. Its second use revokes the session.
//   - Whether an account exists cannot be inferred from the answer or the duration
//     of a sign-in, a registration or a request for a new password. An address may therefore have several accounts.
package user

import (
	"regexp"
	"strings"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/email"
	"cartograph/internal/fault"
	"cartograph/subgraphs/user/db"
)

// User is an account, as far as the caller may see it.
type User struct {
	ID        string
	CreatedAt time.Time

	name    *string  // nil where the caller may not see it
	private *private // likewise
}

// private is the data that only the user and staff may see.
type private struct {
	email           string
	emailVerified   bool
	phone           *string
	locale          string
	roles           []Role
	secondFactorAt  *time.Time
	defaultShipping *string // address ids
	defaultBilling  *string
}

// DisplayName is nil if it is hidden.
func (u *User) DisplayName() *string { return u.name }

// Email is nil if it is hidden.
func (u *User) Email() *string {
	if !u.hasPrivate() {
		return nil
	}
	return &u.private.email
}

// EmailVerified is nil if it is hidden.
func (u *User) EmailVerified() *bool {
	if !u.hasPrivate() {
		return nil
	}
	return &u.private.emailVerified
}

// Phone is nil if there is none or it is hidden.
func (u *User) Phone() *string {
	if !u.hasPrivate() {
		return nil
	}
	return u.private.phone
}

// SecondFactorEnabledAt is nil if there is no second factor or it is hidden.
func (u *User) SecondFactorEnabledAt() *time.Time {
	if !u.hasPrivate() {
		return nil
	}
	return u.private.secondFactorAt
}

// Locale is the language of mails, or nil if it is hidden.
func (u *User) Locale() *string {
	if !u.hasPrivate() {
		return nil
	}
	return &u.private.locale
}

// Roles are nil if they are hidden.
func (u *User) Roles() []Role {
	if !u.hasPrivate() {
		return nil
	}
	return u.private.roles
}

// hasPrivate reports whether the private data is visible. It is false for nil: a
// batch of users contains nil for those that do not exist.
func (u *User) hasPrivate() bool { return u != nil && u.private != nil }

// IsEntity marks users as resolvable by the router, and IsNode by any client.
func (*User) IsEntity() {}
func (*User) IsNode()   {}

// maySeePrivate reports whether a caller may see the private data of a user.
func maySeePrivate(c auth.Caller, userID string) bool {
	return c.Kind == auth.Service || (c.Kind == auth.User && c.ID == userID) || maySeeAll(c)
}

// maySeeName reports whether a caller may see the display name of a user.
func maySeeName(c auth.Caller, userID string) bool {
	return maySeePrivate(c, userID) || c.Has("customers:read")
}

func maySeeAll(c auth.Caller) bool { return c.Kind == auth.Service || c.Has("users:read") }

// userOf converts a row with all of its data.
func userOf(r db.User) *User {
	roles := make([]Role, len(r.Roles))
	for i, role := range r.Roles {
		roles[i] = Role(role)
	}
	u := &User{ID: r.ID, CreatedAt: r.CreatedAt, name: &r.DisplayName}
	if r.ErasedAt == nil { // what an erased row has in place of data is nobody's contact
		u.private = &private{
			email: r.Email, emailVerified: r.EmailVerifiedAt != nil, phone: r.Phone, locale: r.Locale, roles: roles, secondFactorAt: r.TOTPEnabledAt,
			defaultShipping: r.DefaultShippingAddressID, defaultBilling: r.DefaultBillingAddressID,
		}
	}
	return u
}

// visibleTo converts a row with the data that the caller may see.
func visibleTo(c auth.Caller, r db.User) *User {
	u := userOf(r)
	if !maySeePrivate(c, r.ID) {
		u.private = nil
	}
	if !maySeeName(c, r.ID) {
		u.name = nil
	}
	return u
}

// maxName bounds the names of people, keys and organisations, in characters.
const maxName = 60

// normalEmail is the form in which addresses are stored and compared. Text that is
// no address is returned trimmed.
func normalEmail(text string) string {
	if normal, err := email.Parse(text); err == nil {
		return normal
	}
	return strings.TrimSpace(text)
}

func checkEmail(text string) *fault.Error {
	_, err := email.Parse(text)
	return fault.Of(err)
}

func isEmail(text string) bool { return checkEmail(text) == nil }

var localeForm = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,4}$`)

func checkLocale(locale string) *fault.Error {
	if !localeForm.MatchString(locale) {
		return fault.Localized(fault.Invalid, "user.malformed_locale")
	}
	return nil
}

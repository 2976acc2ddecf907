// Package user owns who people are: accounts, passwords, sessions and
// addresses.
//
// What a user has told us is for that user and for staff; everybody else sees
// a name and since when. Passwords and refresh tokens are kept as hashes only.
// A refresh token is good once: who uses it again ends its session. An e-mail
// address belongs to one account; the database enforces it.
package user

import (
	"regexp"
	"strings"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/subgraphs/user/db"
)

// User is a person with an account, as far as the one who asked may see.
type User struct {
	ID          string
	DisplayName string
	CreatedAt   time.Time

	private *private // nil where the caller may not see it
}

// private is what only the user and staff may see.
type private struct {
	email           string
	phone           *string
	locale          string
	roles           []Role
	defaultShipping *string // address ids
	defaultBilling  *string
}

// Email is the user's address for mails, or nil if it is hidden.
func (u *User) Email() *string {
	if !u.seen() {
		return nil
	}
	return &u.private.email
}

// Phone is nil if there is none, or it is hidden.
func (u *User) Phone() *string {
	if !u.seen() {
		return nil
	}
	return u.private.phone
}

// Locale is the language of mails, or nil if it is hidden.
func (u *User) Locale() *string {
	if !u.seen() {
		return nil
	}
	return &u.private.locale
}

// Roles are nil if they are hidden.
func (u *User) Roles() []Role {
	if !u.seen() {
		return nil
	}
	return u.private.roles
}

// seen reports whether what is private is there to be shown. Of users who were
// not found, among others who were, there is nothing to show.
func (u *User) seen() bool { return u != nil && u.private != nil }

// IsEntity lets the router fetch users by their key, and IsNode any client.
func (*User) IsEntity() {}
func (*User) IsNode()   {}

// sees reports whether a caller may see what is private about a user.
func sees(c auth.Caller, userID string) bool {
	return c.Kind == auth.Service || (c.Kind == auth.User && c.ID == userID) || seesAll(c)
}

func seesAll(c auth.Caller) bool { return c.Kind == auth.Service || c.Has("users:read") }

// userOf is a row with all that it holds.
func userOf(r db.User) *User {
	roles := make([]Role, len(r.Roles))
	for i, role := range r.Roles {
		roles[i] = Role(role)
	}
	return &User{
		ID: r.ID, DisplayName: r.DisplayName, CreatedAt: r.CreatedAt,
		private: &private{
			email: r.Email, phone: r.Phone, locale: r.Locale, roles: roles,
			defaultShipping: r.DefaultShippingAddressID, defaultBilling: r.DefaultBillingAddressID,
		},
	}
}

// shownTo is a row as far as a caller may see it.
func shownTo(c auth.Caller, r db.User) *User {
	u := userOf(r)
	if !sees(c, r.ID) {
		u.private = nil
	}
	return u
}

const (
	maxDisplayName = 60
	maxEmail       = 254
)

// emailForm is what browsers accept in an e-mail field, in lower case and with
// a dot in the domain.
var emailForm = regexp.MustCompile(
	`^[a-z0-9.!#$%&'*+/=?^_{|}~-]+@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$`)

// normalEmail is the form in which addresses are kept and compared.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkEmail(email string) *fault.Error {
	if len(email) > maxEmail || !emailForm.MatchString(email) {
		return fault.New(fault.Invalid, "This is not an e-mail address.")
	}
	return nil
}

var (
	phoneForm  = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]{3,28}[0-9]$`)
	localeForm = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,4}$`)
)

func checkPhone(phone string) *fault.Error {
	if !phoneForm.MatchString(phone) {
		return fault.New(fault.Invalid, "This is not a telephone number: write it as +49 30 1234567.")
	}
	return nil
}

func checkLocale(locale string) *fault.Error {
	if !localeForm.MatchString(locale) {
		return fault.New(fault.Invalid, "This is not a locale: write it as de-AT.")
	}
	return nil
}

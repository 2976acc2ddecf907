package user

import (
	"time"
	"unicode/utf8"

	"cartograph/internal/address"
	"cartograph/internal/fault"
	"cartograph/internal/message"
)

// checks collects the errors of an input.
type checks []*fault.Error

// err is nil without errors.
func (c checks) err() error {
	if len(c) == 0 {
		return nil
	}
	return &fault.InputError{Faults: c}
}

// add adds an error about an argument; nil is none.
func (c *checks) add(f *fault.Error, path ...string) {
	if f != nil {
		*c = append(*c, f.At(path...))
	}
}

// line checks a name of at most maxName characters and returns it normalised. It
// refuses characters that would let a name imitate the lines around it on labels and in
// mails.
func (c *checks) line(value string, label address.Label, least int, path ...string) string {
	value, printable := address.Tidy(value)
	n := utf8.RuneCountInString(value)
	switch {
	case !printable:
		c.add(fault.Localized(fault.Invalid, "user.text_not_plain", message.Args{"field": label}), path...)
	case n < least || n > maxName:
		c.add(fault.Localized(fault.Invalid, "user.text_length", message.Args{"field": label, "least": least, "limit": maxName}), path...)
	}
	return value
}

func invalidCredentials() *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.invalid_credentials").WithCode("CREDENTIALS_INVALID")
}

func sessionEnded() *fault.Error { return fault.Localized(fault.Unauthenticated, "user.session_ended") }

func tokenInvalid() *fault.Error {
	return sessionEnded().WithCode("TOKEN_INVALID").At("refreshToken")
}

func tokenExpired() *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.session_expired").WithCode("TOKEN_EXPIRED").At("refreshToken")
}

// tooManyMails states in how many minutes another mail can be sent.
func tooManyMails(wait time.Duration) *fault.Error {
	return fault.Localized(fault.RateLimited, "user.too_many_mails", message.Args{"count": int(wait/time.Minute) + 1})
}

func signInFirst() *fault.Error { return fault.Localized(fault.Unauthenticated, "user.sign_in_first") }

func userNotFound() *fault.Error {
	return fault.Localized(fault.NotFound, "user.not_found").At("userId")
}

func addressNotFound() *fault.Error {
	return fault.Localized(fault.NotFound, "user.address_not_found").At("id")
}

func sessionNotFound() *fault.Error {
	return fault.Localized(fault.NotFound, "user.session_not_found").At("sessionId")
}

// atPassword sets the path of an error to the argument with the password.
func atPassword(err error, argument string) error {
	if f := fault.Of(err); f != nil {
		f.Path = []string{argument}
	}
	return err
}

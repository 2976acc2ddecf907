package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cartograph/internal/fault"
)

// InputError says everything that is wrong with an input, so that a form can
// be mended at once.
type InputError struct {
	Faults []*fault.Error // at least one
}

func (e *InputError) Error() string {
	messages := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		messages[i] = f.Message
	}
	return strings.Join(messages, " ")
}

// Unwrap gives every fault.
func (e *InputError) Unwrap() []error {
	errs := make([]error, len(e.Faults))
	for i, f := range e.Faults {
		errs[i] = f
	}
	return errs
}

// checks collects what is wrong with an input.
type checks []*fault.Error

// err is nil if nothing was wrong.
func (c checks) err() error {
	if len(c) == 0 {
		return nil
	}
	return &InputError{Faults: c}
}

// refuse notes a fault about an argument; nil is none.
func (c *checks) refuse(f *fault.Error, path ...string) {
	if f != nil {
		*c = append(*c, f.At(path...))
	}
}

// line checks one line of text and returns it without outer spaces.
func (c *checks) line(value, label string, least, most int, path ...string) string {
	value = strings.TrimSpace(value)
	n := utf8.RuneCountInString(value)
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		c.refuse(fault.New(fault.Invalid, "%s must be one line of plain text.", label), path...)
	case n < least || n > most:
		c.refuse(fault.New(fault.Invalid, "%s must have %d to %d characters.", label, least, most), path...)
	}
	return value
}

// optional is line for what may be left out; empty text is nil.
func (c *checks) optional(value *string, label string, most int, path ...string) *string {
	if value == nil {
		return nil
	}
	text := c.line(*value, label, 0, most, path...)
	if text == "" {
		return nil
	}
	return &text
}

// unprintable are line breaks and other characters that would forge the
// lines around them, on labels and in mails.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

func credentialsInvalid() *fault.Error {
	return fault.New(fault.Unauthenticated, "E-mail address and password do not belong together.").WithCode("CREDENTIALS_INVALID")
}

func tokenInvalid() *fault.Error {
	return fault.New(fault.Unauthenticated, "This session has ended. Please sign in again.").WithCode("TOKEN_INVALID").At("refreshToken")
}

func tokenExpired() *fault.Error {
	return fault.New(fault.Unauthenticated, "You were away for long. Please sign in again.").WithCode("TOKEN_EXPIRED").At("refreshToken")
}

func emailTaken() *fault.Error {
	return fault.New(fault.Conflict, "There is an account with this e-mail address already.").WithCode("EMAIL_TAKEN").At("input", "email")
}

func signInFirst() *fault.Error { return fault.New(fault.Unauthenticated, "Please sign in.") }

func noSuchAddress() *fault.Error {
	return fault.New(fault.NotFound, "There is no such address.").At("id")
}

func noSuchSession() *fault.Error {
	return fault.New(fault.NotFound, "There is no such session.").At("sessionId")
}

// atCurrent blames the current password for what is wrong with it.
func atCurrent(err error) error {
	if f := fault.Of(err); f != nil {
		f.Path = []string{"currentPassword"}
	}
	return err
}

package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cartograph/internal/fault"
)

// InputError contains every error of an input, so that a form can show all of
// them at once.
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

// Unwrap returns every fault.
func (e *InputError) Unwrap() []error {
	errs := make([]error, len(e.Faults))
	for i, f := range e.Faults {
		errs[i] = f
	}
	return errs
}

// checks collects the errors of an input.
type checks []*fault.Error

// err is nil without errors.
func (c checks) err() error {
	if len(c) == 0 {
		return nil
	}
	return &InputError{Faults: c}
}

// add adds an error about an argument; nil is none.
func (c *checks) add(f *fault.Error, path ...string) {
	if f != nil {
		*c = append(*c, f.At(path...))
	}
}

// line checks one line of text and returns it trimmed.
func (c *checks) line(value, label string, least, most int, path ...string) string {
	value = strings.TrimSpace(value)
	n := utf8.RuneCountInString(value)
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		c.add(fault.New(fault.Invalid, "%s must be one line of plain text.", label), path...)
	case n < least || n > most:
		c.add(fault.New(fault.Invalid, "%s must have %d to %d characters.", label, least, most), path...)
	}
	return value
}

// optionalLine is line for an optional value; empty text becomes nil.
func (c *checks) optionalLine(value *string, label string, most int, path ...string) *string {
	if value == nil {
		return nil
	}
	text := c.line(*value, label, 0, most, path...)
	if text == "" {
		return nil
	}
	return &text
}

// unprintable are line breaks and bidirectional controls. They would let a name
// imitate the lines around it on labels and in mails.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

func invalidCredentials() *fault.Error {
	return fault.New(fault.Unauthenticated, "Wrong e-mail address or password.").WithCode("CREDENTIALS_INVALID")
}

func tokenInvalid() *fault.Error {
	return fault.New(fault.Unauthenticated, "This session has ended. Please sign in again.").WithCode("TOKEN_INVALID").At("refreshToken")
}

func tokenExpired() *fault.Error {
	return fault.New(fault.Unauthenticated, "Your session has expired. Please sign in again.").WithCode("TOKEN_EXPIRED").At("refreshToken")
}

func emailTaken() *fault.Error {
	return fault.New(fault.Conflict, "An account with this e-mail address already exists.").WithCode("EMAIL_TAKEN").At("input", "email")
}

func signInFirst() *fault.Error { return fault.New(fault.Unauthenticated, "Please sign in.") }

func addressNotFound() *fault.Error {
	return fault.New(fault.NotFound, "Address not found.").At("id")
}

func sessionNotFound() *fault.Error {
	return fault.New(fault.NotFound, "Session not found.").At("sessionId")
}

// atCurrent sets the path of an error to the current password.
func atCurrent(err error) error {
	if f := fault.Of(err); f != nil {
		f.Path = []string{"currentPassword"}
	}
	return err
}

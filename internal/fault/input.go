package fault

import "strings"

// InputError contains every error of an input, so that a form can show all of
// them at once.
type InputError struct {
	Faults []*Error // at least one
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

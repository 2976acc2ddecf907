package graph

import (
	"errors"

	"cartograph/internal/fault"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/graph/gen"
)

// userErrorsOf separates the errors that the customer can fix, which belong in the
// payload, from the others, which fail the field.
func userErrorsOf(err error) ([]gen.UserError, error) {
	if err == nil {
		return []gen.UserError{}, nil
	}
	if many, ok := errors.AsType[*user.InputError](err); ok {
		userErrors := make([]gen.UserError, len(many.Faults))
		for i, f := range many.Faults {
			userErrors[i] = userError(f)
		}
		return userErrors, nil
	}
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Unavailable {
		return nil, err
	}
	return []gen.UserError{userError(f)}, nil
}

func userError(f *fault.Error) gen.UserError {
	return gen.BasicUserError{Code: gen.ErrorCode(f.Code), Message: f.Message, Path: f.Path}
}

func authPayload(tokens *user.Tokens, u *user.User, err error) (*gen.AuthPayload, error) {
	userErrors, err := userErrorsOf(err)
	if err != nil {
		return nil, err
	}
	return &gen.AuthPayload{Session: tokens, User: u, UserErrors: userErrors}, nil
}

func userPayload(u *user.User, err error) (*gen.UserPayload, error) {
	userErrors, err := userErrorsOf(err)
	if err != nil {
		return nil, err
	}
	return &gen.UserPayload{User: u, UserErrors: userErrors}, nil
}

func addressPayload(a *user.Address, err error) (*gen.AddressPayload, error) {
	userErrors, err := userErrorsOf(err)
	if err != nil {
		return nil, err
	}
	return &gen.AddressPayload{Address: a, UserErrors: userErrors}, nil
}

// apiClientPayload contains the key if a new one was created.
func apiClientPayload(c *user.APIClient, key string, err error) (*gen.APIClientPayload, error) {
	userErrors, err := userErrorsOf(err)
	if err != nil {
		return nil, err
	}
	payload := &gen.APIClientPayload{APIClient: c, UserErrors: userErrors}
	if key != "" {
		payload.Secret = &key
	}
	return payload, nil
}

package graph

import (
	"context"
	"errors"
	"slices"

	"cartograph/internal/fault"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/graph/gen"
)

// userErrorsOf separates the errors that the customer can fix, which belong in the
// payload, from the others, which fail the field.
func userErrorsOf(ctx context.Context, err error) ([]gen.UserError, error) {
	if err == nil {
		return []gen.UserError{}, nil
	}
	if many, ok := errors.AsType[*fault.InputError](err); ok {
		userErrors := make([]gen.UserError, len(many.Faults))
		for i, f := range many.Faults {
			userErrors[i] = userError(ctx, f)
		}
		return userErrors, nil
	}
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Unavailable {
		return nil, err
	}
	return []gen.UserError{userError(ctx, f)}, nil
}

func userError(ctx context.Context, f *fault.Error) gen.UserError {
	return gen.BasicUserError{Code: gen.ErrorCode(f.Code), Message: f.Text(ctx), Path: f.Path}
}

// payloads builds the payloads of mutations, with messages in the caller's
// language. Its methods take a use case's results as they are.
type payloads struct{ ctx context.Context }

func (p payloads) auth(tokens *user.Tokens, u *user.User, err error) (*gen.AuthPayload, error) {
	required, _ := errors.AsType[*user.SecondFactorRequired](err)
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	return &gen.AuthPayload{Session: tokens, User: u, SecondFactor: required, UserErrors: userErrors}, nil
}

func (p payloads) enrollment(e *user.TOTPEnrollment, err error) (*gen.TotpEnrollPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil || e == nil {
		return &gen.TotpEnrollPayload{UserErrors: userErrors}, err
	}
	return &gen.TotpEnrollPayload{Secret: &e.Secret, OtpauthURI: &e.OtpauthURI, UserErrors: userErrors}, nil
}

func (p payloads) recoveryCodes(codes []string, u *user.User, err error) (*gen.RecoveryCodesPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	return &gen.RecoveryCodesPayload{RecoveryCodes: slices.Concat([]string{}, codes), User: u, UserErrors: userErrors}, nil
}

func (p payloads) user(u *user.User, err error) (*gen.UserPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	return &gen.UserPayload{User: u, UserErrors: userErrors}, nil
}

func (p payloads) ack(err error) (*gen.AckPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	return &gen.AckPayload{Ok: len(userErrors) == 0, UserErrors: userErrors}, nil
}

func (p payloads) address(a *user.Address, err error) (*gen.AddressPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	return &gen.AddressPayload{Address: a, UserErrors: userErrors}, nil
}

// apiClient contains the key if a new one was created.
func (p payloads) apiClient(c *user.APIClient, key string, err error) (*gen.APIClientPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	payload := &gen.APIClientPayload{APIClient: c, UserErrors: userErrors}
	if key != "" {
		payload.Secret = &key
	}
	return payload, nil
}

func (p payloads) application(a *user.PartnerApplication, err error) (*gen.PartnerApplicationPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	return &gen.PartnerApplicationPayload{PartnerApplication: a, UserErrors: userErrors}, nil
}

// webhook contains the secret if an endpoint was created.
func (p payloads) webhook(e *user.WebhookEndpoint, secret string, err error) (*gen.WebhookEndpointPayload, error) {
	userErrors, err := userErrorsOf(p.ctx, err)
	if err != nil {
		return nil, err
	}
	payload := &gen.WebhookEndpointPayload{WebhookEndpoint: e, UserErrors: userErrors}
	if secret != "" {
		payload.SigningSecret = &secret
	}
	return payload, nil
}

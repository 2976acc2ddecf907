package user

import (
	"context"

	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Server answers other services' questions about users.
type Server struct{ users *Service }

// NewServer returns the Connect handler's implementation.
func NewServer(users *Service) *Server { return &Server{users} }

// Contact returns how to reach a user and, if asked for, one of their
// addresses. An address of somebody else's is not found.
func (s *Server) Contact(ctx context.Context, req *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
	u, err := s.users.User(ctx, req.GetUserId())
	if err != nil {
		return nil, err
	}
	if !u.seen() {
		return nil, fault.New(fault.NotFound, "There is no such user.")
	}
	answer := &rpcv1.ContactResponse{Email: u.private.email, DisplayName: u.DisplayName, Locale: u.private.locale}
	wanted := req.GetAddressId()
	if wanted == "" && req.GetDefaultShippingAddress() {
		wanted = text(u.private.defaultShipping)
	}
	if wanted == "" {
		return answer, nil
	}
	found, err := s.users.AddressesByID(ctx, []string{wanted})
	if err != nil {
		return nil, err
	}
	if found[0] == nil || found[0].OwnerID != u.ID {
		return nil, noSuchAddress()
	}
	answer.Address = postalAddressOf(found[0].Postal)
	return answer, nil
}

func postalAddressOf(p Postal) *rpcv1.PostalAddress {
	return &rpcv1.PostalAddress{
		Name: p.Name, Company: text(p.Company), Line1: p.Line1, Line2: text(p.Line2), City: p.City,
		Region: text(p.Region), PostalCode: p.PostalCode, CountryCode: p.CountryCode, Phone: text(p.Phone),
	}
}

// Verify returns the program whose key has the hash.
func (s *Server) Verify(ctx context.Context, req *rpcv1.VerifyApiClientRequest) (*rpcv1.VerifyApiClientResponse, error) {
	client, err := s.users.verifyAPIKey(ctx, req.GetSha256())
	if err != nil {
		return nil, err
	}
	return &rpcv1.VerifyApiClientResponse{
		Id: client.ID, Name: client.Name, Scopes: client.Scopes, RateLimitPerMinute: client.RatePerMinute,
	}, nil
}

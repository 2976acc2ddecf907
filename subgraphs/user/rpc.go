package user

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/fault"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user/db"
)

// Server implements the Users, APIClients and WebhookEndpoints RPC services.
type Server struct{ users *Service }

// NewServer returns the implementation for the Connect handlers.
func NewServer(users *Service) *Server { return &Server{users} }

// Contact returns a user's contact data and, on request, one of their addresses.
// Another user's address is not found.
func (s *Server) Contact(ctx context.Context, req *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
	u, err := s.users.User(ctx, req.GetUserId())
	if err != nil {
		return nil, err
	}
	if !u.hasPrivate() {
		return nil, fault.New(fault.NotFound, "User not found.")
	}
	res := &rpcv1.ContactResponse{Email: u.private.email, DisplayName: optional.Value(u.name), Locale: u.private.locale}
	addressID := req.GetAddressId()
	if addressID == "" && req.GetDefaultShippingAddress() {
		addressID = optional.Value(u.private.defaultShipping)
	}
	if addressID == "" {
		return res, nil
	}
	found, err := s.users.AddressesByID(ctx, []string{addressID})
	if err != nil {
		return nil, err
	}
	if found[0] == nil || found[0].OwnerID != u.ID {
		return nil, addressNotFound()
	}
	res.Address = postalAddressOf(found[0].Postal)
	return res, nil
}

// Recipient returns how a user gets notifications of a topic now.
func (s *Server) Recipient(ctx context.Context, req *rpcv1.RecipientRequest) (*rpcv1.RecipientResponse, error) {
	u, err := s.users.User(ctx, req.GetUserId())
	if err != nil {
		return nil, err
	}
	if !u.hasPrivate() {
		return nil, userNotFound()
	}
	p, err := preferencesOf(ctx, db.New(s.users.pool), u.ID)
	if err != nil {
		return nil, fmt.Errorf("notification preferences of %s: %w", u.ID, err)
	}
	res := &rpcv1.RecipientResponse{
		Email: u.private.email, EmailVerified: u.private.emailVerified, DisplayName: optional.Value(u.name), Locale: u.private.locale, Phone: optional.Value(u.private.phone),
	}
	for _, c := range p.channels(NotificationTopic(req.GetTopic())) {
		res.Channels = append(res.Channels, string(c))
	}
	if p.QuietHours != nil {
		if until, quiet := p.QuietHours.Until(s.users.Now()); quiet {
			res.QuietUntil = timestamppb.New(until)
		}
	}
	return res, nil
}

// LinkToken returns a token for the delivery of a mail with a link.
func (s *Server) LinkToken(ctx context.Context, req *rpcv1.LinkTokenRequest) (*rpcv1.LinkTokenResponse, error) {
	token, err := s.users.LinkToken(ctx, req.GetLinkId())
	if err != nil {
		return nil, err
	}
	return &rpcv1.LinkTokenResponse{Token: token}, nil
}

func postalAddressOf(p Postal) *rpcv1.PostalAddress {
	return &rpcv1.PostalAddress{
		Name: p.Name, Company: optional.Value(p.Company), Line1: p.Line1, Line2: optional.Value(p.Line2), City: p.City,
		Region: optional.Value(p.Region), PostalCode: p.PostalCode, CountryCode: p.CountryCode, Phone: optional.Value(p.Phone),
	}
}

// Verify returns the API client whose key has the hash.
func (s *Server) Verify(ctx context.Context, req *rpcv1.VerifyApiClientRequest) (*rpcv1.VerifyApiClientResponse, error) {
	client, err := s.users.verifyAPIKey(ctx, req.GetSha256())
	if err != nil {
		return nil, err
	}
	return &rpcv1.VerifyApiClientResponse{
		Id: client.ID, Name: client.Name, Scopes: client.Scopes, RateLimitPerMinute: client.RatePerMinute,
	}, nil
}

package cart

import (
	"context"
	"slices"

	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Server implements the Carts RPC service.
type Server struct{ carts *Service }

// NewServer returns the implementation for the Connect handler.
func NewServer(carts *Service) *Server { return &Server{carts} }

// ReadCart returns a cart that belongs to one of the owners.
func (s *Server) ReadCart(ctx context.Context, req *rpcv1.ReadCartRequest) (*rpcv1.ReadCartResponse, error) {
	c, err := s.carts.Cart(ctx, req.GetCartId())
	if err != nil {
		return nil, err
	}
	if c == nil || !slices.Contains(req.GetOwnerIds(), c.OwnerID) {
		return nil, fault.New(fault.NotFound, "Cart not found.")
	}
	response := &rpcv1.ReadCartResponse{
		CartId: c.ID, Version: int32(c.Version), OwnerId: c.OwnerID, Status: string(c.Status),
		Currency: c.Currency, Country: c.Country,
	}
	for _, l := range c.Lines {
		response.Lines = append(response.Lines, &rpcv1.CartLine{LineId: l.ID, VariantId: l.VariantID, Quantity: int32(l.Quantity)})
	}
	return response, nil
}

package cart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart/db"
)

// Server implements the Carts RPC service.
type Server struct{ carts *Service }

// NewServer returns the implementation for the Connect handler.
func NewServer(carts *Service) *Server { return &Server{carts} }

// ReadCart returns a cart that belongs to one of the owners, as it was at one
// moment.
func (s *Server) ReadCart(ctx context.Context, req *rpcv1.ReadCartRequest) (*rpcv1.ReadCartResponse, error) {
	row, err := db.New(s.carts.pool).ReadCart(ctx, db.ReadCartParams{ID: req.GetCartId(), RefusedVariantIds: req.GetRefusedVariantIds()})
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && !slices.Contains(req.GetOwnerIds(), row.Cart.OwnerID)) {
		return nil, notFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read cart %s: %w", req.GetCartId(), err)
	}
	c := row.Cart
	response := &rpcv1.ReadCartResponse{
		CartId: c.ID, Version: c.Version, OwnerId: c.OwnerID, Status: c.Status, Currency: c.Currency, Country: c.Country,
		MergedCartIds: row.MergedCartIds, ConvertedOrderIds: row.ConvertedOrderIds,
	}
	for i, lineID := range row.LineIds {
		response.Lines = append(response.Lines, &rpcv1.CartLine{
			LineId: lineID, VariantId: row.VariantIDs[i], Quantity: row.Quantities[i], UnitMinorSeen: &row.UnitMinorsSeen[i],
		})
	}
	refused := func(variantID string) bool { return slices.Contains(req.GetRefusedVariantIds(), variantID) }
	if slices.ContainsFunc(row.VariantIDs, refused) {
		return response, nil // as the statement does, which read no promotions
	}
	found, err := s.carts.offer(row.Promotions, c.DiscountCodes)
	if err != nil {
		return nil, err
	}
	for _, p := range found.usable {
		definition, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		response.Promotions = append(response.Promotions, string(definition))
	}
	response.UnusableCodes = slices.Sorted(maps.Keys(found.refused))
	return response, nil
}

// ReadReminder returns what an abandoned cart contains, with its last known prices.
func (s *Server) ReadReminder(ctx context.Context, req *rpcv1.ReadReminderRequest) (*rpcv1.ReadReminderResponse, error) {
	c, err := s.carts.Cart(ctx, req.GetCartId())
	if err != nil {
		return nil, err
	}
	if c == nil || c.Shown() != Abandoned || len(c.Lines) == 0 {
		return nil, notFound()
	}
	res := &rpcv1.ReadReminderResponse{OwnerId: c.OwnerID, Currency: c.Currency}
	for _, l := range c.Lines {
		res.Lines = append(res.Lines, &rpcv1.ReminderLine{
			VariantId: l.VariantID, Title: l.Snapshot.Title, Subtitle: l.Snapshot.Subtitle, Quantity: int32(l.Quantity), UnitMinor: l.Last.Minor,
		})
	}
	return res, nil
}

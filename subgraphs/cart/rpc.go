package cart

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart/db"
)

// Server implements the Carts RPC service.
type Server struct{ carts *Service }

// NewServer returns the implementation for the Connect handler.
func NewServer(carts *Service) *Server { return &Server{carts} }

// maxCarts bounds the carts of one call.
const maxCarts = 64

// ReadCarts returns the carts of the queries that belong to one of their owners, as they
// were at one moment.
func (s *Server) ReadCarts(ctx context.Context, req *rpcv1.ReadCartsRequest) (*rpcv1.ReadCartsResponse, error) {
	if len(req.GetQueries()) > maxCarts {
		return nil, fault.New(fault.Invalid, "at most %d carts are read by one call", maxCarts)
	}
	read := db.ReadCartsParams{RefusedVariantIds: req.GetRefusedVariantIds()}
	for _, q := range req.GetQueries() {
		read.IDs = append(read.IDs, q.GetCartId())
		if q.GetWithPromotions() {
			read.WithPromotions = append(read.WithPromotions, q.GetCartId())
		}
	}
	rows, err := db.New(s.carts.pool).ReadCarts(ctx, read)
	if err != nil {
		return nil, fmt.Errorf("read carts: %w", err)
	}
	response := &rpcv1.ReadCartsResponse{}
	for _, q := range req.GetQueries() {
		result := &rpcv1.CartResult{}
		i := slices.IndexFunc(rows, func(row db.ReadCartsRow) bool { return row.Cart.ID == q.GetCartId() })
		if i >= 0 && slices.Contains(q.GetOwnerIds(), rows[i].Cart.OwnerID) {
			if result.Cart, err = s.cartOf(rows[i]); err != nil {
				return nil, err
			}
		}
		response.Results = append(response.Results, result)
	}
	return response, nil
}

func (s *Server) cartOf(row db.ReadCartsRow) (*rpcv1.Cart, error) {
	c := row.Cart
	out := &rpcv1.Cart{
		CartId: c.ID, Version: c.Version, OwnerId: c.OwnerID, Status: c.Status, Currency: c.Currency, Country: c.Country,
		MergedCartIds: row.MergedCartIds, ConvertedOrderIds: row.ConvertedOrderIds, PromotionsLeftOut: row.PromotionsLeftOut,
	}
	for i, lineID := range row.LineIds {
		out.Lines = append(out.Lines, &rpcv1.CartLine{
			LineId: lineID, VariantId: row.VariantIDs[i], Quantity: row.Quantities[i], UnitMinorSeen: &row.UnitMinorsSeen[i],
		})
	}
	if row.PromotionsLeftOut {
		return out, nil
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
		out.Promotions = append(out.Promotions, string(definition))
	}
	out.UnusableCodes = slices.Sorted(maps.Keys(found.refused))
	return out, nil
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

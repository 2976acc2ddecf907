package inventory

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/event"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

// Server implements the RPC service.
type Server struct{ worker *Worker }

var _ rpcv1connect.InventoryHandler = (*Server)(nil)

// NewServer returns the RPC service.
func NewServer(w *Worker) *Server { return &Server{w} }

// Hold reserves all lines or none.
func (s *Server) Hold(ctx context.Context, req *rpcv1.HoldRequest) (*rpcv1.HoldResponse, error) {
	return holdResponse(s.worker.Hold(ctx, Request{
		CheckoutID: req.GetCheckoutId(), TTL: seconds(req.GetTtlSeconds()), Lines: linesOfMessage(req.GetLines()),
	}))
}

// Extend postpones the end of a hold.
func (s *Server) Extend(ctx context.Context, req *rpcv1.ExtendRequest) (*rpcv1.HoldResponse, error) {
	return holdResponse(s.worker.Extend(ctx, req.GetCheckoutId(), seconds(req.GetSeconds())))
}

// Commit sells what is held.
func (s *Server) Commit(ctx context.Context, req *rpcv1.CommitRequest) (*rpcv1.HoldResponse, error) {
	return holdResponse(s.worker.Commit(ctx, req.GetCheckoutId()))
}

// Release makes what is held available.
func (s *Server) Release(ctx context.Context, req *rpcv1.ReleaseRequest) (*rpcv1.HoldResponse, error) {
	return holdResponse(s.worker.Release(ctx, req.GetCheckoutId()))
}

// ReturnStock makes what was sold available.
func (s *Server) ReturnStock(ctx context.Context, req *rpcv1.ReturnStockRequest) (*rpcv1.HoldResponse, error) {
	return holdResponse(s.worker.ReturnStock(ctx, req.GetCheckoutId()))
}

// Join decides whose turn it is to buy scarce variants.
func (s *Server) Join(ctx context.Context, req *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error) {
	entries := make([]Entry, len(req.GetEntries()))
	for i, e := range req.GetEntries() {
		entries[i] = Entry{Holder: e.GetHolder(), Network: e.GetNetwork(), Guest: e.GetGuest(), Contact: e.GetContact(), Lines: linesOfMessage(e.GetLines()), Currency: e.GetCurrency()}
	}
	shortages, err := s.worker.Join(ctx, entries)
	if err != nil {
		return nil, err
	}
	response := &rpcv1.JoinResponse{Results: make([]*rpcv1.JoinResult, len(shortages))}
	for i, short := range shortages {
		result := &rpcv1.JoinResult{Shortages: make([]*rpcv1.Shortage, len(short))}
		for j, sh := range short {
			result.Shortages[j] = shortageMessage(sh)
		}
		response.Results[i] = result
	}
	return response, nil
}

func linesOfMessage(in []*rpcv1.HoldLine) []event.Line {
	out := make([]event.Line, len(in))
	for i, l := range in {
		out[i] = event.Line{VariantID: l.GetVariantId(), Quantity: int(l.GetQuantity()), FlashSaleID: l.GetFlashSaleId()}
	}
	return out
}

// Levels reads stock.
func (s *Server) Levels(ctx context.Context, req *rpcv1.LevelsRequest) (*rpcv1.LevelsResponse, error) {
	levels, err := s.worker.Levels(ctx, req.GetVariantIds())
	if err != nil {
		return nil, err
	}
	response := &rpcv1.LevelsResponse{Levels: make([]*rpcv1.Level, len(levels))}
	for i, l := range levels {
		response.Levels[i] = levelMessage(l)
	}
	return response, nil
}

// Adjust changes what is on hand.
func (s *Server) Adjust(ctx context.Context, req *rpcv1.AdjustRequest) (*rpcv1.AdjustResponse, error) {
	a := Adjustment{
		VariantID: req.GetVariantId(), Delta: int(req.GetDelta()), Reason: req.GetReason(),
		IdempotencyKey: req.GetIdempotencyKey(), CompareKeyOnly: req.GetCompareKeyOnly(),
	}
	if req.ChangeFrom != nil {
		a.ChangeFrom = new(int(req.GetChangeFrom()))
	}
	adjusted, err := s.worker.Adjust(ctx, a)
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return &rpcv1.AdjustResponse{KeyFirstUsedAt: timestamppb.New(e.FirstUsedAt)}, nil
	}
	if err != nil {
		return nil, err
	}
	return &rpcv1.AdjustResponse{
		Level: levelMessage(adjusted.Level), VersionMismatch: adjusted.VersionMismatch,
		NotEnough: adjusted.NotEnough, Replayed: adjusted.Replayed,
	}, nil
}

// Receive adds a delivery to what is on hand.
func (s *Server) Receive(ctx context.Context, req *rpcv1.ReceiveRequest) (*rpcv1.ReceiveResponse, error) {
	received, err := s.worker.ReceiveDelivery(ctx, Delivery{
		SellerID: req.GetSellerId(), Reference: req.GetReference(), Lines: linesOfMessage(req.GetLines()),
		IdempotencyKey: req.GetIdempotencyKey(), CompareKeyOnly: req.GetCompareKeyOnly(),
	})
	if e, ok := errors.AsType[*idempotency.KeyReusedError](err); ok {
		return &rpcv1.ReceiveResponse{KeyFirstUsedAt: timestamppb.New(e.FirstUsedAt)}, nil
	}
	if err != nil {
		return nil, err
	}
	response := &rpcv1.ReceiveResponse{Receipt: receiptMessage(received.Receipt), Replayed: received.Replayed}
	for _, l := range received.Levels {
		response.Levels = append(response.Levels, levelMessage(l))
	}
	return response, nil
}

// Receipts reads a page of receipts.
func (s *Server) Receipts(ctx context.Context, req *rpcv1.ReceiptsRequest) (*rpcv1.ReceiptsResponse, error) {
	receipts, err := s.worker.Receipts(ctx, req.GetOfAllSellers(), req.GetSellerId(), req.GetAfter(), int(req.GetLimit()))
	if err != nil {
		return nil, err
	}
	response := &rpcv1.ReceiptsResponse{Receipts: make([]*rpcv1.Receipt, len(receipts))}
	for i, r := range receipts {
		response.Receipts[i] = receiptMessage(r)
	}
	return response, nil
}

func receiptMessage(r Receipt) *rpcv1.Receipt {
	m := &rpcv1.Receipt{Id: r.ID, Reference: r.Reference, Actor: r.Actor, ReceivedAt: timestamppb.New(r.At)}
	for _, l := range r.Lines {
		m.Lines = append(m.Lines, &rpcv1.HoldLine{VariantId: l.VariantID, Quantity: units(l.Quantity)})
	}
	return m
}

func holdResponse(h Hold, err error) (*rpcv1.HoldResponse, error) {
	if err != nil {
		return nil, err
	}
	response := &rpcv1.HoldResponse{
		CheckoutId: h.CheckoutID, Status: string(h.Status), ExtensionsLeft: int32(h.ExtensionsLeft),
		Shortages: make([]*rpcv1.Shortage, len(h.Shortages)),
	}
	if !h.ExpiresAt.IsZero() {
		response.ExpiresAt = timestamppb.New(h.ExpiresAt)
	}
	for i, s := range h.Shortages {
		response.Shortages[i] = shortageMessage(s)
	}
	return response, nil
}

func shortageMessage(s event.Shortage) *rpcv1.Shortage {
	m := &rpcv1.Shortage{
		VariantId: s.VariantID, Requested: units(s.Requested), Available: units(s.Available), Limit: string(s.Limit),
		Reserved: units(s.Reserved), Position: units(s.Position),
	}
	if !s.RetryAt.IsZero() {
		m.RetryAt = timestamppb.New(s.RetryAt)
	}
	if !s.AvailableAt.IsZero() {
		m.AvailableAt = timestamppb.New(s.AvailableAt)
	}
	return m
}

func levelMessage(l event.LevelChanged) *rpcv1.Level {
	return &rpcv1.Level{
		VariantId: l.VariantID, OnHand: units(l.OnHand), Reserved: units(l.Reserved), Available: units(l.Available),
		Version: l.Version, UpdatedAt: timestamppb.New(l.At),
	}
}

// units converts a quantity to int32. The requested sum of many lines of one variant
// may exceed it.
func units(n int) int32 { return int32(min(n, limits.MaxQuantity)) }

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

package product

import "context"

// NotifyWatchers notifies the watchers of what an event is about, as RunWatch does.
var NotifyWatchers = (*Service).notifyWatchers

// JoinWatchers joins the watchers of a sale and returns how each of them reads it.
func JoinWatchers(s *Service, saleID string) (tick func(context.Context) (*FlashSale, error), leave func()) {
	w, _, leave := s.sales.join(saleID)
	return func(ctx context.Context) (*FlashSale, error) { return s.tick(ctx, w, saleID) }, leave
}

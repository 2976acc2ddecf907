package recommend

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	viewWindow    = 30 * time.Minute // in which a viewer counts once for a product
	viewBatch     = 5 * time.Second  // views that are counted in one statement
	maxViews      = 5000             // that wait to be counted; more are dropped
	maxViewed     = 60               // products that a viewer counts for in a window: more are those of a crawler
	perNetwork    = 300              // views that wait from one network: more are dropped
	forgetEvery   = time.Hour
	forgetPairsOf = 8 * 7 * 24 * time.Hour // those that weigh less than a pair that was viewed so long ago
)

// views are those that are not counted yet.
type views struct {
	mu      sync.Mutex
	waiting []view
	of      map[string]int // networks
}

type view struct{ viewer, productID string }

// Viewed notes that the caller was shown the page of a product. It does not wait for
// the database, and drops views while too many wait.
func (s *Service) Viewed(ctx context.Context, productID string) {
	caller := auth.From(ctx)
	if !shopper(caller) {
		return
	}
	v := view{caller.ID, productID}
	if v.viewer == "" {
		v.viewer = caller.Network()
	}
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	if len(s.views.waiting) >= maxViews || s.views.of[caller.Network()] >= perNetwork {
		return
	}
	if s.views.of == nil {
		s.views.of = map[string]int{}
	}
	s.views.of[caller.Network()]++
	s.views.waiting = append(s.views.waiting, v)
}

// shopper reports whether the caller is a customer: not a program, and nobody who sells
// or serves here.
func shopper(c auth.Caller) bool {
	switch {
	case c.Bot, c.Kind != auth.User && c.Kind != auth.Guest && c.Kind != auth.Anonymous:
		return false
	default:
		return !slices.ContainsFunc([]string{"catalog:write", "orders:read"}, c.Has)
	}
}

func (s *Service) take() []view {
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	taken := s.views.waiting
	s.views.waiting, s.views.of = nil, nil
	return taken
}

// RunViews counts views until ctx ends. A batch that cannot be stored is lost: a view is
// worth no retry.
func (s *Service) RunViews(ctx context.Context) error {
	var forgotten time.Time
	for wakeup.Sleep(ctx, viewBatch) {
		if err := s.CountViews(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "count of views failed, views are lost", "err", err)
		}
		if now := s.now(); now.Sub(forgotten) > forgetEvery {
			forgotten = now
			if err := db.New(s.pool).ForgetViews(ctx, now.Add(-forgetPairsOf)); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "removal of old pairs of views failed", "err", err)
			}
		}
	}
	return nil
}

// CountViews counts the views that wait, and deletes what is known of viewers of earlier
// windows.
func (s *Service) CountViews(ctx context.Context) error {
	now, q := s.now(), db.New(s.pool)
	began := now.Truncate(viewWindow)
	if err := q.CloseViewWindows(ctx, began); err != nil {
		return fmt.Errorf("close windows of views: %w", err)
	}
	taken := s.take()
	if len(taken) == 0 {
		return nil
	}
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	key, err := q.OpenViewWindow(ctx, db.OpenViewWindowParams{Began: began, Key: key})
	if err != nil {
		return fmt.Errorf("open a window of views: %w", err)
	}
	counted := db.CountViewsParams{At: now, Began: began, Most: maxViewed}
	for _, v := range taken {
		hash := hmac.New(sha256.New, key)
		hash.Write([]byte(v.viewer))
		counted.Viewers, counted.ProductIDs = append(counted.Viewers, hash.Sum(nil)), append(counted.ProductIDs, v.productID)
	}
	if err := q.CountViews(ctx, counted); err != nil {
		return fmt.Errorf("count %d views: %w", len(taken), err)
	}
	return nil
}

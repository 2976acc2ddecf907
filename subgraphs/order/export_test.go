package order

import "context"

// Sweep and Nudge are one round of the jobs.
func (s *Service) Sweep(ctx context.Context) (bool, error) { return s.sweep(ctx) }
func (s *Service) Nudge(ctx context.Context) (bool, error) { return s.nudge(ctx) }
func (s *Service) Prune(ctx context.Context) (bool, error) { return s.prune(ctx) }

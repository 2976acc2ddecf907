package order

import "context"

// Sweep, Rescue and Prune run one batch of a job.
func (s *Service) Sweep(ctx context.Context) (bool, error)  { return s.sweep(ctx) }
func (s *Service) Rescue(ctx context.Context) (bool, error) { return s.rescue(ctx) }
func (s *Service) Prune(ctx context.Context) (bool, error)  { return s.prune(ctx) }

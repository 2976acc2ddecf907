package order

import (
	"context"
	"time"
)

// Sweep, Rescue and Prune run one batch of a job.
func (s *Service) Sweep(ctx context.Context) (bool, error)  { return s.sweep(ctx) }
func (s *Service) Rescue(ctx context.Context) (bool, error) { return s.rescue(ctx) }
func (s *Service) Prune(ctx context.Context) (bool, error)  { return s.prune(ctx) }

// EndShort lets the time pass for which rejections of a variant count.
func (s *Service) EndShort(variantID string) { s.short.until.Add(variantID, time.Now()) }

// ExpireReturns runs one batch of the job.
func (s *Service) ExpireReturns(ctx context.Context) (bool, error) { return s.expireReturns(ctx) }

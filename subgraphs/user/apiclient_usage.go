package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user/db"
)

const (
	usageDays          = 90   // that are kept
	maxUsageOfClient   = 1000 // entries of a client that are returned
	maxUsageInAll      = 20_000
	maxUsageOperations = 200 // of a client in a day; others count as otherOperations
	otherOperations    = "(other)"
	maxUsageBatch      = 5000
	routerService      = "router"
)

// APIClientUsage is what an API client used on a day by operations of one name.
type APIClientUsage struct {
	Day       string // in UTC: 2026-04-02
	Operation *string
	Requests  int64
	Failures  int64
	Cost      int64
}

// AddUsage adds what clients used. Only the router, which runs their operations, does.
func (s *Server) AddUsage(ctx context.Context, req *rpcv1.AddApiClientUsageRequest) (*rpcv1.AddApiClientUsageResponse, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.Service || caller.ID != routerService || len(req.GetUsage()) > maxUsageBatch {
		return nil, apiClientNotFound()
	}
	params := db.AddAPIClientUsageParams{Day: dayOf(s.users.Now()), Most: maxUsageOperations, Other: otherOperations}
	for _, u := range req.GetUsage() {
		params.ClientIDs, params.Operations = append(params.ClientIDs, u.GetClientId()), append(params.Operations, u.GetOperation())
		params.Requests, params.Failures = append(params.Requests, u.GetRequests()), append(params.Failures, u.GetFailures())
		params.Costs = append(params.Costs, u.GetCost())
	}
	if err := db.New(s.users.pool).AddAPIClientUsage(ctx, params); err != nil {
		return nil, fmt.Errorf("add usage of API clients: %w", err)
	}
	return &rpcv1.AddApiClientUsageResponse{}, nil
}

// Usage is what API clients used in the last days, in the order of the clients, the
// latest day first, and the most requests of each day.
func (s *Service) Usage(ctx context.Context, clients []*APIClient, days int) ([][]*APIClientUsage, error) {
	if days < 1 || days > usageDays {
		return nil, fault.Localized(fault.Invalid, "user.usage_days", message.Args{"limit": usageDays}).At("days")
	}
	ids := make([]string, len(clients))
	for i, c := range clients {
		ids[i] = c.ID
	}
	rows, err := db.New(s.pool).APIClientUsage(ctx, db.APIClientUsageParams{
		ClientIDs: ids, After: dayOf(s.Now().AddDate(0, 0, -days)), Most: int32(min(maxUsageOfClient, maxUsageInAll/max(len(ids), 1))), //nolint:gosec // bounded
	})
	if err != nil {
		return nil, fmt.Errorf("usage of API clients: %w", err)
	}
	byClient := map[string][]*APIClientUsage{}
	for _, r := range rows {
		byClient[r.ClientID] = append(byClient[r.ClientID], &APIClientUsage{
			Day: r.Day.Time.Format(time.DateOnly), Operation: optional.Of(r.Operation), Requests: r.Requests, Failures: r.Failures, Cost: r.Cost,
		})
	}
	usage := make([][]*APIClientUsage, len(clients))
	for i, c := range clients {
		usage[i] = append([]*APIClientUsage{}, byClient[c.ID]...) // not nil
	}
	return usage, nil
}

// CurrentAPIClient is the API client that makes the request; nil for other callers, and
// for a client of the router's configuration.
func (s *Service) CurrentAPIClient(ctx context.Context) (*APIClient, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.APIClient {
		return nil, nil
	}
	row, err := db.New(s.pool).APIClientByID(ctx, caller.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("API client %s: %w", caller.ID, err)
	}
	return apiClientOf(row), nil
}

func dayOf(t time.Time) pgtype.Date {
	return pgtype.Date{Time: t.UTC().Truncate(24 * time.Hour), Valid: true}
}

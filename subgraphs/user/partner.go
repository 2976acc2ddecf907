package user

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// ApplicationStatus is what was decided on an application.
type ApplicationStatus string

// The statuses.
const (
	ApplicationPending  ApplicationStatus = "PENDING"
	ApplicationApproved ApplicationStatus = "APPROVED"
	ApplicationRejected ApplicationStatus = "REJECTED"
)

const (
	maxApplications        = 20  // of one user, in all
	maxPendingApplications = 100 // on the list for staff
	minPurpose, maxPurpose = 10, 1000
	minOrganisation        = 2
)

// PartnerApplication is a user's request for an API client of their organisation.
type PartnerApplication struct {
	ID           string
	Organisation string
	Purpose      string
	Scopes       []string
	Status       ApplicationStatus
	Note         *string
	CreatedAt    time.Time
	DecidedAt    *time.Time
	userID       string
	clientID     *string
}

// PartnerApplicationInput is the input of ApplyAsPartner.
type PartnerApplicationInput struct {
	Organisation string
	Purpose      string
	Scopes       []string
}

// PartnerDecision is what staff decide on an application.
type PartnerDecision struct {
	Approve            bool
	Note               *string
	Scopes             []string // nil: those of the application
	RateLimitPerMinute *int
}

// ApplyAsPartner stores a request of the caller. One at a time can wait for a decision.
func (s *Service) ApplyAsPartner(ctx context.Context, in PartnerApplicationInput) (*PartnerApplication, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, signInFirst()
	}
	var c checks
	row := db.PartnerApplication{
		ID: id.New(id.PartnerApplication), UserID: caller.ID, CreatedAt: s.Now(), Status: string(ApplicationPending), Purpose: in.Purpose,
		Organisation: c.line(in.Organisation, "company", minOrganisation, "input", "organisation"),
	}
	if n := utf8.RuneCountInString(in.Purpose); n < minPurpose || n > maxPurpose {
		c.add(fault.Localized(fault.Invalid, "partner.purpose", message.Args{"least": minPurpose, "limit": maxPurpose}), "input", "purpose")
	}
	row.Scopes = c.scopes(in.Scopes)
	if err := c.err(); err != nil {
		return nil, err
	}
	created, err := db.New(s.pool).CreatePartnerApplication(ctx, db.CreatePartnerApplicationParams{
		ID: row.ID, UserID: row.UserID, Organisation: row.Organisation, Purpose: row.Purpose, Scopes: row.Scopes, Now: row.CreatedAt, Most: maxApplications,
	})
	if err != nil {
		return nil, fmt.Errorf("apply as partner: %w", err)
	}
	if created == 0 {
		return nil, fault.Localized(fault.RateLimited, "partner.application_waits", message.Args{"limit": maxApplications})
	}
	return partnerApplicationOf(row), nil
}

// MyPartnerApplications are the caller's, the latest first.
func (s *Service) MyPartnerApplications(ctx context.Context) ([]*PartnerApplication, error) {
	rows, err := db.New(s.pool).PartnerApplicationsOfUser(ctx, auth.From(ctx).ID)
	return partnerApplicationsOf(rows, err)
}

// PendingPartnerApplications are those that wait for a decision, the oldest first.
func (s *Service) PendingPartnerApplications(ctx context.Context) ([]*PartnerApplication, error) {
	rows, err := db.New(s.pool).PendingPartnerApplications(ctx, maxPendingApplications)
	return partnerApplicationsOf(rows, err)
}

// DecidePartnerApplication approves or rejects an application. An approval creates the API
// client, with a key that nobody has: the applicant issues the first one.
func (s *Service) DecidePartnerApplication(ctx context.Context, applicationID string, d PartnerDecision) (*PartnerApplication, error) {
	if id.PrefixOf(applicationID) != id.PartnerApplication {
		return nil, applicationNotFound("id")
	}
	note := optional.Value(d.Note)
	if utf8.RuneCountInString(note) > maxPurpose {
		return nil, fault.Localized(fault.Invalid, "partner.note", message.Args{"limit": maxPurpose}).At("input", "note")
	}
	var row db.PartnerApplication
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		q := db.New(tx)
		if row, err = q.LockPartnerApplication(ctx, applicationID); err != nil {
			return err
		}
		if row.Status != string(ApplicationPending) {
			return fault.Localized(fault.Invalid, "partner.decided").At("id")
		}
		params := db.DecidePartnerApplicationParams{ID: row.ID, Status: string(ApplicationRejected), Note: note, Now: new(s.Now())}
		if d.Approve {
			if d.Scopes == nil {
				d.Scopes = row.Scopes
			}
			clientID, err := s.createPartner(ctx, q, row, APIClientInput{Name: row.Organisation, Scopes: d.Scopes, RateLimitPerMinute: d.RateLimitPerMinute})
			if err != nil {
				return err
			}
			params.Status, params.ClientID = string(ApplicationApproved), &clientID
		}
		if row, err = q.DecidePartnerApplication(ctx, params); err != nil {
			return err
		}
		return s.audit(ctx, q, audit.ApplicationDecided, row.ID, nil, audit.Values{"status": row.Status, "organisation": row.Organisation, "note": row.Note})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, applicationNotFound("id")
	}
	if err != nil {
		return nil, fmt.Errorf("decide on %s: %w", applicationID, err)
	}
	return partnerApplicationOf(row), nil
}

func (s *Service) createPartner(ctx context.Context, q *db.Queries, of db.PartnerApplication, in APIClientInput) (string, error) {
	client, err := in.checked(auth.From(ctx))
	if err != nil {
		return "", err
	}
	_, hash := newAPIKey()
	client.ID, client.CreatedAt = id.New(id.APIClient), s.Now()
	if err := s.createAPIClient(ctx, q, client, hash); err != nil {
		return "", err
	}
	return client.ID, q.OwnAPIClient(ctx, db.OwnAPIClientParams{ID: client.ID, UserID: &of.UserID})
}

// IssuePartnerKey issues a key to the applicant, the first one or another in the place of
// the present one, which works beside it for some hours.
func (s *Service) IssuePartnerKey(ctx context.Context, applicationID string, overlapHours int) (*APIClient, string, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, "", signInFirst()
	}
	if id.PrefixOf(applicationID) != id.PartnerApplication {
		return nil, "", applicationNotFound("applicationId")
	}
	clientID, err := db.New(s.pool).ClientOfApplication(ctx, db.ClientOfApplicationParams{ID: applicationID, UserID: caller.ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", applicationNotFound("applicationId")
	}
	if err != nil {
		return nil, "", fmt.Errorf("API client of %s: %w", applicationID, err)
	}
	return s.RotateAPIClient(ctx, clientID, overlapHours)
}

// ClientsOfApplications are the API clients of applications, in their order; nil where
// none was created, or it is revoked.
func (s *Service) ClientsOfApplications(ctx context.Context, applications []*PartnerApplication) ([]*APIClient, error) {
	var ids []string
	for _, a := range applications {
		if a.clientID != nil {
			ids = append(ids, *a.clientID)
		}
	}
	clients := make([]*APIClient, len(applications))
	if len(ids) == 0 {
		return clients, nil
	}
	rows, err := db.New(s.pool).APIClientsByIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("API clients of applications: %w", err)
	}
	for i, a := range applications {
		for _, r := range rows {
			if a.clientID != nil && r.ID == *a.clientID {
				clients[i] = apiClientOf(r)
			}
		}
	}
	return clients, nil
}

// Applicants are the users who applied, in the order of the applications.
func (s *Service) Applicants(ctx context.Context, applications []*PartnerApplication) ([]*User, error) {
	ids := make([]string, len(applications))
	for i, a := range applications {
		ids[i] = a.userID
	}
	return s.UsersByID(ctx, ids)
}

// erasePartner removes what a user had as a partner. The keys end: nobody could replace
// them any more.
func (s *Service) erasePartner(ctx context.Context, tx pgx.Tx, userID string, now time.Time) error {
	q := db.New(tx)
	if err := q.DeletePartnerApplicationsOfUser(ctx, userID); err != nil {
		return err
	}
	revoked, err := q.RevokeAPIClientsOfUser(ctx, db.RevokeAPIClientsOfUserParams{UserID: &userID, Now: &now})
	if err != nil {
		return err
	}
	for _, clientID := range revoked {
		if err := deleteWebhooks(ctx, tx, clientID); err != nil {
			return err
		}
		if err := outbox.Write(ctx, tx, event.APIClientKeysChanged{ClientID: clientID, Revoked: true}); err != nil {
			return err
		}
		if err := s.audit(ctx, q, audit.APIClientRevoked, clientID, nil, nil); err != nil {
			return err
		}
	}
	return deleteWebhooks(ctx, tx, userID)
}

func partnerApplicationsOf(rows []db.PartnerApplication, err error) ([]*PartnerApplication, error) {
	if err != nil {
		return nil, fmt.Errorf("partner applications: %w", err)
	}
	applications := make([]*PartnerApplication, len(rows))
	for i, r := range rows {
		applications[i] = partnerApplicationOf(r)
	}
	return applications, nil
}

func partnerApplicationOf(r db.PartnerApplication) *PartnerApplication {
	return &PartnerApplication{
		ID: r.ID, Organisation: r.Organisation, Purpose: r.Purpose, Scopes: r.Scopes, Status: ApplicationStatus(r.Status), Note: optional.Of(r.Note),
		CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt, userID: r.UserID, clientID: r.ClientID,
	}
}

func applicationNotFound(argument string) *fault.Error {
	return fault.Localized(fault.NotFound, "partner.application_not_found").At(argument)
}

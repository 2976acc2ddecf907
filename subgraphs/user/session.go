package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

const (
	accessLife  = 15 * time.Minute
	refreshLife = 30 * 24 * time.Hour
	secretBytes = 32
)

// Session is a place where a user is signed in.
type Session struct {
	ID         string
	CreatedAt  time.Time
	LastSeenAt time.Time // when it last got new tokens
	Current    bool      // it is the one that asks
}

// Tokens let a client act, and renew themselves once.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
	Scopes                []string
}

// StartGuest opens a session without an account.
func (s *Service) StartGuest(ctx context.Context) (*Tokens, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, err
	}
	guestID := id.New(id.Guest)
	var tokens *Tokens
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		tokens, err = s.openSession(ctx, db.New(tx), key, nil, &guestID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start guest session: %w", err)
	}
	return tokens, nil
}

// openSession makes a session of a user, or of a guest where row is nil.
func (s *Service) openSession(ctx context.Context, q *db.Queries, key signingKey, row *db.User, guestID *string) (*Tokens, error) {
	now := s.Now()
	params := db.CreateSessionParams{ID: id.New(id.Session), GuestID: guestID, Now: now, ExpiresAt: now.Add(refreshLife)}
	if row != nil {
		params.UserID = &row.ID
	}
	session, err := q.CreateSession(ctx, params)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, q, key, session, row)
}

// issue gives a session its next tokens. The one before has been spent.
func (s *Service) issue(ctx context.Context, q *db.Queries, key signingKey, session db.Session, row *db.User) (*Tokens, error) {
	now := s.Now()
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	t := &Tokens{
		AccessTokenExpiresAt: now.Add(accessLife),
		RefreshToken:         base64.RawURLEncoding.EncodeToString(secret), RefreshTokenExpiresAt: session.ExpiresAt,
	}
	err := q.CreateRefreshToken(ctx, db.CreateRefreshTokenParams{
		Hash: hashOf(t.RefreshToken), SessionID: session.ID, Now: now, ExpiresAt: session.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	claims := auth.AccessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: auth.Issuer, Audience: jwt.ClaimStrings{auth.Audience},
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(t.AccessTokenExpiresAt),
		},
		SessionID: session.ID,
	}
	if row == nil {
		claims.Kind, claims.Subject, t.Scopes = auth.Guest, text(session.GuestID), guestScopes()
	} else {
		claims.Kind, claims.Subject, claims.GuestID = auth.User, row.ID, text(session.GuestID)
		t.Scopes = scopesOf(userOf(*row).Roles())
	}
	claims.Scope = strings.Join(t.Scopes, " ")
	t.AccessToken, err = key.sign(claims)
	return t, err
}

func hashOf(refreshToken string) []byte {
	sum := sha256.Sum256([]byte(refreshToken))
	return sum[:]
}

// Refresh exchanges a refresh token for new tokens and, for a user's session,
// the user. A token is good once. A second use ends the session, whoever it
// is: one of the two may be a thief, and we cannot tell which. Of two at the
// same time one is the second.
func (s *Service) Refresh(ctx context.Context, refreshToken string) (*Tokens, *User, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	var tokens *Tokens
	var u *User
	var refusal error // told after the commit: ending the session must stay
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		tokens, u, refusal = nil, nil, nil
		sessionID, err := q.SpendRefreshToken(ctx, db.SpendRefreshTokenParams{Hash: hashOf(refreshToken), Now: &now})
		if errors.Is(err, pgx.ErrNoRows) {
			refusal, err = s.refuse(ctx, q, refreshToken)
			return err
		}
		if err != nil {
			return err
		}
		tokens, u, err = s.continueSession(ctx, q, key, sessionID)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("refresh session: %w", err)
	}
	return tokens, u, refusal
}

func (s *Service) continueSession(ctx context.Context, q *db.Queries, key signingKey, sessionID string) (*Tokens, *User, error) {
	now := s.Now()
	session, err := q.ContinueSession(ctx, db.ContinueSessionParams{ID: sessionID, Now: now, ExpiresAt: now.Add(refreshLife)})
	if err != nil {
		return nil, nil, err
	}
	if session.UserID == nil {
		tokens, err := s.issue(ctx, q, key, session, nil)
		return tokens, nil, err
	}
	row, err := q.UserByID(ctx, *session.UserID)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := s.issue(ctx, q, key, session, &row)
	return tokens, userOf(row), err
}

// refuse says why a refresh token is not good, and ends the session of one
// that was used before.
func (s *Service) refuse(ctx context.Context, q *db.Queries, refreshToken string) (refusal, err error) {
	now := s.Now()
	token, err := q.RefreshTokenState(ctx, hashOf(refreshToken))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return tokenInvalid(), nil
	case err != nil:
		return nil, err
	case token.UsedAt != nil:
		ended, err := q.RevokeFamily(ctx, db.RevokeFamilyParams{ID: token.SessionID, Now: &now})
		if ended > 0 {
			s.log.WarnContext(ctx, "refresh token used twice, session ended", "session_id", token.SessionID)
		}
		return tokenInvalid(), err
	case !token.ExpiresAt.After(now):
		return tokenExpired(), nil
	default: // its session was ended
		return tokenInvalid(), nil
	}
}

// Sessions are where the caller is signed in, the latest use first; nil for
// anybody else's.
func (s *Service) Sessions(ctx context.Context, userID string) ([]*Session, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User || caller.ID != userID {
		return nil, nil
	}
	rows, err := db.New(s.pool).LiveSessions(ctx, db.LiveSessionsParams{UserID: &userID, Now: s.Now()})
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", userID, err)
	}
	sessions := make([]*Session, len(rows))
	for i, r := range rows {
		sessions[i] = &Session{ID: r.ID, CreatedAt: r.CreatedAt, LastSeenAt: r.LastSeenAt, Current: r.ID == caller.SessionID}
	}
	return sessions, nil
}

// EndSession signs the caller out of one of their sessions, the current one if
// none is named, and returns its id. Access tokens live on until they expire.
func (s *Service) EndSession(ctx context.Context, sessionID *string) (string, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return "", signInFirst()
	}
	ended := caller.SessionID
	if sessionID != nil {
		ended = *sessionID
	}
	if id.PrefixOf(ended) != id.Session {
		return "", noSuchSession()
	}
	now := s.Now()
	n, err := db.New(s.pool).RevokeSession(ctx, db.RevokeSessionParams{ID: ended, UserID: &caller.ID, Now: &now})
	if err != nil {
		return "", fmt.Errorf("end session %s: %w", ended, err)
	}
	if n == 0 {
		return "", noSuchSession()
	}
	return ended, nil
}

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
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

const (
	accessTokenTTL  = 15 * time.Minute // also how long a revoked session can still act
	refreshTokenTTL = 30 * 24 * time.Hour // renewed with every refresh
	secretBytes     = 32
)

// Session is a place where a user is signed in.
type Session struct {
	ID         string
	CreatedAt  time.Time
	LastSeenAt time.Time // time of the last refresh
	Current    bool      // the caller's own
}

// Tokens are the credentials of a session.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
	Scopes                []string
}

// StartGuest creates a session without an account.
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
	params := db.CreateSessionParams{ID: id.New(id.Session), GuestID: guestID, Now: now, ExpiresAt: now.Add(refreshTokenTTL)}
	if row != nil {
		params.UserID = &row.ID
	}
	session, err := q.CreateSession(ctx, params)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, q, key, session, row)
}

// issue creates the next tokens of a session. The previous refresh token must be
// spent: the unique index refresh_tokens_one_good allows one unused token per
// session.
func (s *Service) issue(ctx context.Context, q *db.Queries, key signingKey, session db.Session, row *db.User) (*Tokens, error) {
	now := s.Now()
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	t := &Tokens{
		AccessTokenExpiresAt: now.Add(accessTokenTTL),
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
		claims.Kind, claims.Subject, t.Scopes = auth.Guest, optional.Value(session.GuestID), guestScopes()
	} else {
		claims.Kind, claims.Subject, claims.GuestID = auth.User, row.ID, optional.Value(session.GuestID)
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
// the user.
//
// All tokens of a session are a family. A token is valid once; its reuse means
// that two parties hold it, and since neither can be told from a thief the whole
// family is revoked. SpendRefreshToken decides the race of concurrent uses: it
// updates the row only while it is unused, so exactly one wins and the other is
// the reuse. Clients must therefore not refresh concurrently.
func (s *Service) Refresh(ctx context.Context, refreshToken string) (*Tokens, *User, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	var tokens *Tokens
	var u *User
	var rejection error // returned after the commit, or the revocation would be rolled back
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		tokens, u, rejection = nil, nil, nil
		sessionID, err := q.SpendRefreshToken(ctx, db.SpendRefreshTokenParams{Hash: hashOf(refreshToken), Now: &now})
		if errors.Is(err, pgx.ErrNoRows) {
			rejection, err = s.rejectToken(ctx, q, refreshToken)
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
	return tokens, u, rejection
}

func (s *Service) continueSession(ctx context.Context, q *db.Queries, key signingKey, sessionID string) (*Tokens, *User, error) {
	now := s.Now()
	session, err := q.ContinueSession(ctx, db.ContinueSessionParams{ID: sessionID, Now: now, ExpiresAt: now.Add(refreshTokenTTL)})
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

// rejectToken returns why a refresh token is invalid, and revokes the session of
// one that was used before. The reasons are ordered: reuse of a token counts as
// reuse after its expiry too.
func (s *Service) rejectToken(ctx context.Context, q *db.Queries, refreshToken string) (rejection, err error) {
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
			s.log.WarnContext(ctx, "refresh token reused, session revoked", "session_id", token.SessionID)
		}
		return tokenInvalid(), err
	case !token.ExpiresAt.After(now):
		return tokenExpired(), nil
	default: // its session was revoked
		return tokenInvalid(), nil
	}
}

// Sessions returns the caller's sessions, the latest use first; nil for another
// user's.
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

// EndSession revokes one of the caller's sessions, the current one if sessionID
// is nil, and returns its ID. Its access tokens stay valid until they expire, 15
// minutes at most: they are verified without a lookup.
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
		return "", sessionNotFound()
	}
	now := s.Now()
	n, err := db.New(s.pool).RevokeSession(ctx, db.RevokeSessionParams{ID: ended, UserID: &caller.ID, Now: &now})
	if err != nil {
		return "", fmt.Errorf("end session %s: %w", ended, err)
	}
	if n == 0 {
		return "", sessionNotFound()
	}
	return ended, nil
}

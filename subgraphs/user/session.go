package user

import (
	"context"
	"crypto/hmac"
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
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

const (
	accessTokenTTL  = 15 * time.Minute    // also how long others keep a revocation
	refreshTokenTTL = 30 * 24 * time.Hour // renewed with every refresh
	refreshGrace    = 10 * time.Second
	maxGraceSteps   = 16 // refreshes of one session within refreshGrace
	secretBytes     = 32
)

// Session is a place where a user is signed in.
type Session struct {
	ID         string
	CreatedAt  time.Time
	LastSeenAt time.Time // time of the last refresh
	UserAgent  *string   // of the last request for tokens that stated it, as is the country
	IPCountry  *string
	Current    bool // the caller's own
}

// Tokens are the credentials of a session.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
	Scopes                []string
	DeviceToken           *string // of a sign-in; nil for guests and refreshes
	SecondFactorMissing   bool    // so that the scopes of staff are withheld
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
		tokens, err = s.openSession(ctx, db.New(tx), key, nil, &guestID, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start guest session: %w", err)
	}
	return tokens, nil
}

// openSession makes a session of a user, or of a guest where row is nil.
func (s *Service) openSession(ctx context.Context, q *db.Queries, key signingKey, row *db.User, guestID *string, merge CartMerge) (*Tokens, error) {
	now := s.Now()
	params := db.CreateSessionParams{ID: id.New(id.Session), GuestID: guestID, Now: now, ExpiresAt: now.Add(refreshTokenTTL)}
	if row != nil {
		params.UserID = &row.ID
		params.UserAgent, params.IPCountry = origin(ctx)
	}
	if guestID != nil && merge != MergeCarts {
		params.CartMerge = optional.Of(string(merge))
	}
	session, err := q.CreateSession(ctx, params)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, q, key, session, row, newSecret())
}

// origin is the program and the country of the caller, as far as they are stated.
func origin(ctx context.Context) (userAgent, country *string) {
	caller := auth.From(ctx)
	return optional.Of(caller.UserAgent), optional.Of(caller.IPCountry)
}

// issue stores the next refresh token of a session and returns it with an access
// token. The previous refresh token must be spent: the unique index
// refresh_tokens_one_good allows one unused token per session.
func (s *Service) issue(ctx context.Context, q *db.Queries, key signingKey, session db.Session, row *db.User, refreshToken string) (*Tokens, error) {
	err := q.CreateRefreshToken(ctx, db.CreateRefreshTokenParams{
		Hash: hashOf(refreshToken), SessionID: session.ID, Now: s.Now(), ExpiresAt: session.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return s.tokensOf(key, session, row, refreshToken)
}

// tokensOf signs an access token of a session.
func (s *Service) tokensOf(key signingKey, session db.Session, row *db.User, refreshToken string) (*Tokens, error) {
	now := s.Now()
	t := &Tokens{
		AccessTokenExpiresAt: now.Add(accessTokenTTL),
		RefreshToken:         refreshToken, RefreshTokenExpiresAt: session.ExpiresAt,
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
		claims.CartMerge = optional.Value(session.CartMerge)
		t.Scopes = scopesOf(userOf(*row).Roles())
		if t.SecondFactorMissing = s.withheld(row); t.SecondFactorMissing {
			t.Scopes = scopesOf(nil)
		}
	}
	claims.Scope = strings.Join(t.Scopes, " ")
	var err error
	t.AccessToken, err = key.sign(claims)
	return t, err
}

func newSecret() string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// successorOf derives the token that replaces another one. Whoever has an old
// token only, or the database only, cannot derive it.
func successorOf(refreshToken string, key []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(refreshToken)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashOf(refreshToken string) []byte {
	sum := sha256.Sum256([]byte(refreshToken))
	return sum[:]
}

// Refresh exchanges a refresh token for new tokens and, for a user's session,
// the user.
//
// All tokens of a session are a family. A token is valid once; its reuse means
// that two parties hold it, and since neither can be distinguished from a thief the whole
// family is revoked. Two tabs that refresh at once, or a client that repeats a
// request whose answer was lost, look the same, so for refreshGrace after its use
// a token returns the successor that its first use returned. SpendRefreshToken
// decides the race of concurrent uses: it updates the row only while it is unused,
// so exactly one creates the successor and the others find it.
func (s *Service) Refresh(ctx context.Context, refreshToken string) (*Tokens, *User, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	var tokens *Tokens
	var u *User
	var rejection error // returned after the commit, or the revocation would be rolled back
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		tokens, u, rejection = nil, nil, nil
		successorKey := make([]byte, secretBytes)
		_, _ = rand.Read(successorKey) // never fails
		sessionID, err := q.SpendRefreshToken(ctx, db.SpendRefreshTokenParams{
			Hash: hashOf(refreshToken), Now: &now, SuccessorKey: successorKey,
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			tokens, u, rejection, err = s.repeatRefresh(ctx, tx, key, refreshToken)
		case err == nil:
			tokens, u, err = s.continueSession(ctx, q, key, sessionID, successorOf(refreshToken, successorKey))
		}
		if errors.Is(err, pgx.ErrNoRows) { // the session was revoked meanwhile
			rejection, err = tokenInvalid(), nil
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("refresh session: %w", err)
	}
	return tokens, u, rejection
}

func (s *Service) continueSession(ctx context.Context, q *db.Queries, key signingKey, sessionID, refreshToken string) (*Tokens, *User, error) {
	now := s.Now()
	params := db.ContinueSessionParams{ID: sessionID, Now: now, ExpiresAt: now.Add(refreshTokenTTL)}
	params.UserAgent, params.IPCountry = origin(ctx)
	session, err := q.ContinueSession(ctx, params)
	if err != nil {
		return nil, nil, err
	}
	row, err := accountOf(ctx, q, session)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := s.issue(ctx, q, key, session, row, refreshToken)
	return tokens, userOrNil(row), err
}

// accountOf is the user of a session, nil for a guest's.
func accountOf(ctx context.Context, q *db.Queries, session db.Session) (*db.User, error) {
	if session.UserID == nil {
		return nil, nil
	}
	row, err := q.UserByID(ctx, *session.UserID)
	return &row, err
}

func userOrNil(row *db.User) *User {
	if row == nil {
		return nil
	}
	return userOf(*row)
}

// repeatRefresh handles a refresh token that cannot be spent: in the grace period
// it returns the session's current tokens, otherwise the reason of the rejection.
// The reuse of a token after the grace period revokes its session.
func (s *Service) repeatRefresh(ctx context.Context, tx pgx.Tx, key signingKey, refreshToken string) (tokens *Tokens, u *User, rejection, err error) {
	q, now := db.New(tx), s.Now()
	token, err := q.RefreshTokenState(ctx, hashOf(refreshToken))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil, tokenInvalid(), nil
	case err != nil:
		return nil, nil, nil, err
	case token.UsedAt == nil && !token.ExpiresAt.After(now):
		return nil, nil, tokenExpired(), nil
	case token.UsedAt == nil: // its session was revoked
		return nil, nil, tokenInvalid(), nil
	case token.SuccessorKey != nil && now.Sub(*token.UsedAt) <= refreshGrace:
		tokens, u, err = s.currentTokens(ctx, q, key, refreshToken, token)
		return tokens, u, nil, err
	default:
		return nil, nil, tokenInvalid(), s.revokeFamily(ctx, tx, token.SessionID)
	}
}

// currentTokens follows the successors of a token to the one that is unused. A
// successor was used later than its predecessor, so all of them are in the grace
// period, too. It returns pgx.ErrNoRows if the session is revoked.
func (s *Service) currentTokens(
	ctx context.Context, q *db.Queries, key signingKey, refreshToken string, token db.RefreshTokenStateRow,
) (*Tokens, *User, error) {
	for steps := 0; token.UsedAt != nil; steps++ {
		if steps == maxGraceSteps || token.SuccessorKey == nil {
			return nil, nil, pgx.ErrNoRows
		}
		refreshToken = successorOf(refreshToken, token.SuccessorKey)
		var err error
		if token, err = q.RefreshTokenState(ctx, hashOf(refreshToken)); err != nil {
			return nil, nil, err
		}
	}
	session, err := q.LiveSession(ctx, db.LiveSessionParams{ID: token.SessionID, Now: s.Now()})
	if err != nil {
		return nil, nil, err
	}
	row, err := accountOf(ctx, q, session)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := s.tokensOf(key, session, row, refreshToken)
	return tokens, userOrNil(row), err
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
		sessions[i] = &Session{
			ID: r.ID, CreatedAt: r.CreatedAt, LastSeenAt: r.LastSeenAt, UserAgent: r.UserAgent, IPCountry: r.IPCountry, Current: r.ID == caller.SessionID,
		}
	}
	return sessions, nil
}

// EndSession revokes one of the caller's sessions, the current one if sessionID
// is nil, and returns its ID. This service refuses its access tokens at once, the
// router and the other services as soon as they have the event.
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
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q, now := db.New(tx), s.Now()
		revoked, err := q.RevokeSession(ctx, db.RevokeSessionParams{ID: ended, UserID: &caller.ID, Now: &now})
		if err != nil || len(revoked) > 0 {
			return errors.Join(err, publishRevoked(ctx, tx, now, revoked))
		}
		exists, err := q.HasSession(ctx, db.HasSessionParams{ID: ended, UserID: &caller.ID})
		if err == nil && !exists {
			return sessionNotFound()
		}
		return err // revoked before: a second time changes nothing
	})
	if err != nil {
		return "", fmt.Errorf("end session %s: %w", ended, err)
	}
	return ended, nil
}

func (s *Service) revokeFamily(ctx context.Context, tx pgx.Tx, sessionID string) error {
	now := s.Now()
	revoked, err := db.New(tx).RevokeFamily(ctx, db.RevokeFamilyParams{ID: sessionID, Now: &now})
	if err != nil {
		return err
	}
	if len(revoked) > 0 {
		s.log.WarnContext(ctx, "refresh token reused, session revoked", "session_id", sessionID)
	}
	return publishRevoked(ctx, tx, now, revoked)
}

// publishRevoked publishes the sessions whose access tokens may not have expired.
func publishRevoked(ctx context.Context, tx pgx.Tx, now time.Time, sessions []db.Session) error {
	var revoked []event.Payload
	for _, s := range sessions {
		if expire := s.LastSeenAt.Add(accessTokenTTL + refreshGrace); expire.After(now) {
			revoked = append(revoked, event.SessionRevoked{SessionID: s.ID, AccessTokensExpireAt: expire})
		}
	}
	return outbox.Write(ctx, tx, revoked...)
}

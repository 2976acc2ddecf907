package user

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

const (
	maxUserDevices  = 20
	deviceRetention = 400 * 24 * time.Hour

	// New devices of a user in a day that are published. A program that never sends
	// its device token appears as a new device at each sign-in, and its owner gets no
	// more mails than this.
	maxNewDevices   = 5
	newDeviceWindow = 24 * time.Hour
)

// rememberDevice returns a token of a device on which the user signs in: the given
// one if it is known, else a new one.
func (s *Service) rememberDevice(ctx context.Context, q *db.Queries, userID, token string) (string, error) {
	now := s.Now()
	if token != "" {
		used, err := q.UseDevice(ctx, db.UseDeviceParams{TokenHash: hashOf(token), UserID: userID, Now: now})
		if err != nil || used > 0 {
			return token, err
		}
	}
	token = newSecret()
	if err := q.CreateDevice(ctx, db.CreateDeviceParams{TokenHash: hashOf(token), UserID: userID, Now: now}); err != nil {
		return "", err
	}
	return token, q.DeleteExcessDevices(ctx, db.DeleteExcessDevicesParams{UserID: userID, Most: maxUserDevices})
}

// notifyOfDevice publishes that a user signed in on a device for the first time.
func (s *Service) notifyOfDevice(ctx context.Context, tx pgx.Tx, row db.User, token string) error {
	now := s.Now()
	recent, err := db.New(tx).CountDevicesSince(ctx, db.CountDevicesSinceParams{UserID: row.ID, Since: now.Add(-newDeviceWindow)})
	if err != nil || recent > maxNewDevices {
		return err
	}
	return outbox.Write(ctx, tx, event.SignedInOnNewDevice{
		UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale, DeviceID: deviceID(token), At: now,
	})
}

// deviceID distinguishes the devices of a user in events and mails. The token
// cannot be derived from it.
func deviceID(token string) string { return hex.EncodeToString(hashOf(token)[:8]) }

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user"
)

// personalData are the queries for what the roles have of a user, by role and name, also
// from when the user was a guest. Secrets are left out.
var personalData = []struct{ role, name, query string }{
	{"user", "account", "SELECT to_jsonb(u) - 'password_hash' AS data FROM users u WHERE id = $1"},
	{"user", "addresses", "SELECT to_jsonb(a) AS data FROM addresses a WHERE user_id = $1 ORDER BY id"},
	{"user", "sessions", "SELECT to_jsonb(s) AS data FROM sessions s WHERE user_id = $1 ORDER BY id"},
	{"user", "guests", "SELECT to_jsonb(g) AS data FROM known_guests g WHERE user_id = $1 ORDER BY guest_id"},
	{"user", "devices", "SELECT jsonb_build_object('created_at', created_at, 'last_used_at', last_used_at) AS data FROM devices WHERE user_id = $1 ORDER BY created_at"},
	{"user", "secondFactor", "SELECT to_jsonb(t) - 'secret' AS data FROM totp_secrets t WHERE user_id = $1"},
	{"user", "recoveryCodes", "SELECT to_jsonb(r) - 'hash' AS data FROM recovery_codes r WHERE user_id = $1 ORDER BY created_at, hash"},
	{"user", "challenges", "SELECT to_jsonb(c) - 'hash' AS data FROM sign_in_challenges c WHERE user_id = $1 ORDER BY created_at"},
	{"user", "links", "SELECT to_jsonb(l) AS data FROM account_links l WHERE user_id = $1 ORDER BY id"},
	{"user", "applications", "SELECT to_jsonb(p) AS data FROM partner_applications p WHERE user_id = $1 ORDER BY id"},
	{"user", "clients", "SELECT to_jsonb(c) - 'secret_hash' - 'previous_hash' AS data FROM api_clients c WHERE user_id = $1 ORDER BY id"},
	{"user", "notifications", "SELECT to_jsonb(n) AS data FROM notifications n WHERE user_id = $1 ORDER BY position"},
	{"user", "notificationPreferences", "SELECT to_jsonb(p) AS data FROM notification_preferences p WHERE user_id = $1 ORDER BY topic"},
	{"user", "quietHours", "SELECT to_jsonb(q) AS data FROM quiet_hours q WHERE user_id = $1"},
	{"user", "webhooks", "SELECT to_jsonb(w) - 'secret' AS data FROM webhook_endpoints w WHERE owner_id = $1 ORDER BY id"},
	{"cart", "carts", "SELECT to_jsonb(c) AS data FROM carts c WHERE owner_id IN " + withGuests + " ORDER BY id"},
	{"cart", "lines", "SELECT to_jsonb(l) AS data FROM cart_lines l JOIN carts c ON c.id = l.cart_id WHERE c.owner_id IN " + withGuests + " ORDER BY l.id"},
	{"cart", "wishlists", "SELECT to_jsonb(w) - 'share_token' AS data FROM wishlists w WHERE owner_id IN " + withGuests + " ORDER BY id"},
	{"cart", "wishlistItems", "SELECT to_jsonb(i) AS data FROM wishlist_items i JOIN wishlists w ON w.id = i.wishlist_id WHERE w.owner_id IN " + withGuests + " ORDER BY i.id"},
	{"cart", "groups", "SELECT to_jsonb(g) AS data FROM customer_groups g WHERE user_id = $1 ORDER BY name"},
	{"cart", "promotions", "SELECT to_jsonb(p) AS data FROM promotion_uses p WHERE owner_id IN " + withGuests + " ORDER BY order_id"},
	{"order", "checkouts", "SELECT to_jsonb(c) AS data FROM checkouts c WHERE owner_id = $1 ORDER BY id"},
	{"order", "orders", "SELECT to_jsonb(o) AS data FROM orders o WHERE owner_id = $1 ORDER BY id"},
	{"order", "lines", "SELECT to_jsonb(l) AS data FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.owner_id = $1 ORDER BY l.id"},
	{"payment", "payments", "SELECT to_jsonb(p) - 'token' AS data FROM payments p JOIN payable_orders o USING (order_id) WHERE o.owner_id = $1 ORDER BY p.id"},
	{"payment", "refunds", "SELECT to_jsonb(r) AS data FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN payable_orders o USING (order_id) WHERE o.owner_id = $1 ORDER BY r.id"},
	{"product", "name", "SELECT to_jsonb(a) AS data FROM authors a WHERE id = $1"},
	{"product", "purchases", "SELECT to_jsonb(p) AS data FROM purchases p WHERE owner_id IN " + withGuests + " ORDER BY order_id, product_id"},
	{"product", "reviews", "SELECT to_jsonb(r) AS data FROM reviews r WHERE author_id = $1 ORDER BY id"},
	{"product", "votes", "SELECT to_jsonb(v) AS data FROM review_votes v WHERE voter_id = $1 ORDER BY review_id"},
	{"product", "uploads", "SELECT to_jsonb(m) AS data FROM media_uploads m WHERE owner_id = $1 ORDER BY id"},
	{"product", "alerts", "SELECT to_jsonb(a) AS data FROM stock_alerts a WHERE recipient = $1 OR owner_id IN " + withGuests + " ORDER BY id"},
	{"product", "alertMails", "SELECT to_jsonb(t) - 'token_sha256' AS data FROM stock_alert_tokens t WHERE recipient = $1 OR owner_id IN " + withGuests + " ORDER BY created_at"},
	{"product", "alertRequests", "SELECT to_jsonb(r) AS data FROM stock_alert_requests r WHERE requester = $1"},
	{"webhook", "events", "SELECT envelope AS data FROM events WHERE owner_id = $1 ORDER BY id"},
	{"user", "pushSubscriptions", "SELECT to_jsonb(p) - 'auth' - 'p256dh' AS data FROM push_subscriptions p WHERE user_id = $1 ORDER BY id"},
	{"notification", "messages", "SELECT to_jsonb(m) AS data FROM messages m WHERE user_id = $1 ORDER BY id"},
	{"notification", "mails", "SELECT to_jsonb(m) AS data FROM mails m WHERE subject_id = $1 OR content ->> 'ownerId' = $1 OR user_id = $1 OR content ->> 'userId' = $1 ORDER BY id"},
}

// withGuests are the user and the guests that became the user, as several roles store
// them.
const withGuests = "(SELECT $1 UNION ALL SELECT guest_id FROM guest_claims WHERE user_id = $1)"

// runPeople exports or erases the personal data of a user.
func runPeople(ctx context.Context, cfg Config, words []string, out io.Writer, log *slog.Logger) error {
	if len(words) != 2 || id.PrefixOf(words[1]) != id.User {
		return errors.New("user: export ID or erase ID is expected; users finds the ID of an address")
	}
	chosen := []string{"user"}
	if words[0] == "export" {
		for _, d := range personalData {
			chosen = append(chosen, d.role)
		}
	}
	databases, err := openDatabases(ctx, cfg, slices.DeleteFunc(roles(), func(r role) bool { return !slices.Contains(chosen, r.name) }))
	if err != nil {
		return err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	for _, name := range chosen {
		if databases.pools[name] == nil {
			return fmt.Errorf("the %s role has no database: set its DATABASE_URL", name)
		}
	}
	if words[0] == "export" {
		return exportPerson(ctx, databases, words[1], out)
	}
	pool := databases.pools["user"]
	if err := user.NewService(pool, outbox.New(pool), log).Erase(ctx, words[1]); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is erased. The other services follow when the user role runs.\n", words[1])
	return err
}

// exportPerson writes what the roles have of a user as one JSON object.
func exportPerson(ctx context.Context, databases *roleDatabases, userID string, out io.Writer) error {
	all := map[string]map[string]json.RawMessage{}
	for _, d := range personalData {
		var rows json.RawMessage
		query := "SELECT coalesce(jsonb_agg(data), '[]') FROM (" + d.query + ") AS t"
		if err := databases.pools[d.role].QueryRow(ctx, query, userID).Scan(&rows); err != nil {
			return fmt.Errorf("%s of %s: %w", d.name, d.role, err)
		}
		if d.name == "account" && string(rows) == "[]" {
			return fault.Localized(fault.NotFound, "user.not_found")
		}
		if all[d.role] == nil {
			all[d.role] = map[string]json.RawMessage{}
		}
		all[d.role][d.name] = rows
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(all)
}

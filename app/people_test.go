package app

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	notificationdb "cartograph/consumers/notification/db"
	webhookdb "cartograph/consumers/webhook/db"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
	cartdb "cartograph/subgraphs/cart/db"
	orderdb "cartograph/subgraphs/order/db"
	paymentdb "cartograph/subgraphs/payment/db"
	productdb "cartograph/subgraphs/product/db"
	"cartograph/subgraphs/user"
	userdb "cartograph/subgraphs/user/db"
)

// Columns by which a role finds what belongs to someone. What the export leaves out has a
// reason.
func TestEveryTableThatBelongsToUsersIsExported(t *testing.T) {
	t.Parallel()
	leftOut := map[string]string{
		"cart.guest_claims": "as known_guests of user", "order.guest_claims": "as known_guests of user",
		"payment.guest_claims": "as known_guests of user", "product.guest_claims": "as known_guests of user",
		"product.media_sources": "the files of a catalogue, by seller",
		"product.metafields":    "of products, categories and collections",
		"webhook.endpoints":     "as webhook_endpoints of user",
	}
	for role, migrations := range map[string]fs.FS{
		"user": userdb.Migrations(), "cart": cartdb.Migrations(), "order": orderdb.Migrations(), "payment": paymentdb.Migrations(),
		"product": productdb.Migrations(), "notification": notificationdb.Migrations(), "webhook": webhookdb.Migrations(),
	} {
		rows, err := pgtest.New(t, migrations).Query(t.Context(), `SELECT DISTINCT c.table_name FROM information_schema.columns c
			JOIN information_schema.tables t USING (table_schema, table_name)
			WHERE t.table_type = 'BASE TABLE' AND c.table_schema = 'public'
			  AND c.column_name IN ('owner_id', 'user_id', 'author_id', 'voter_id', 'recipient', 'requester')`)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			name := regexp.MustCompile(`(FROM|JOIN) ` + table + `\b`)
			exported := slices.ContainsFunc(personalData, func(d struct{ role, name, query string }) bool {
				query := strings.ReplaceAll(d.query, withGuests, "")
				return d.role == role && name.MatchString(query)
			})
			if reason := leftOut[role+"."+table]; exported != (reason == "") {
				t.Errorf("%s.%s is exported: %t, and is left out for %q", role, table, exported, reason)
			}
		}
	}
}

func TestAnOperatorExportsAndErasesAUser(t *testing.T) {
	t.Parallel()
	var cfg Config
	cfg.User.DatabaseURL = pgtest.URL(t, userdb.Migrations())
	pool, err := pg.Open(t.Context(), cfg.User.DatabaseURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	_, ada, err := user.NewService(pool, outbox.New(pool), slog.New(slog.DiscardHandler)).Register(t.Context(), user.Registration{
		Email: "ada@demo.test", Password: "teapots in the rain", DisplayName: "Ada", Locale: "en-US",
	})
	if err != nil {
		t.Fatal(err)
	}
	run := func(words ...string) (string, error) {
		var out bytes.Buffer
		err := runPeople(t.Context(), cfg, words, &out, slog.New(slog.DiscardHandler))
		return out.String(), err
	}
	if out, err := run("export", ada.ID); err == nil || out != "" {
		t.Errorf("without the other databases: %q, %v, want no incomplete export", out, err)
	}
	cfg.Cart.DatabaseURL, cfg.Order.DatabaseURL = pgtest.URL(t, cartdb.Migrations()), pgtest.URL(t, orderdb.Migrations())
	cfg.Payment.DatabaseURL, cfg.Product.DatabaseURL = pgtest.URL(t, paymentdb.Migrations()), pgtest.URL(t, productdb.Migrations())
	cfg.Notification.DatabaseURL, cfg.Webhook.DatabaseURL = pgtest.URL(t, notificationdb.Migrations()), pgtest.URL(t, webhookdb.Migrations())
	out, err := run("export", ada.ID)
	if err != nil || !json.Valid([]byte(out)) || !strings.Contains(out, "ada@demo.test") || strings.Contains(out, "argon2id") {
		t.Errorf("exported %s, %v, want the account without its password", out, err)
	}
	if out, err := run("erase", ada.ID); err != nil || !strings.Contains(out, "is erased") {
		t.Errorf("erased: %q, %v", out, err)
	}
	if out, err := run("export", ada.ID); err != nil || strings.Contains(out, "ada@demo.test") {
		t.Errorf("exported after the erasure: %s, %v", out, err)
	}
	for _, words := range [][]string{{"erase"}, {"erase", "ada@demo.test"}, {"export", "usr_01J0000000000000000000000A"}} {
		if out, err := run(words...); err == nil || out != "" {
			t.Errorf("%q: %q, %v, want an error", words, out, err)
		}
	}
}

package payment_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/gatewaysim"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
	"cartograph/subgraphs/payment/graph"
	"cartograph/subgraphs/payment/graph/gen"
)

var (
	ada = auth.Actor{Kind: auth.User, ID: "usr_ada", Scopes: []string{"payments:read:own"}}
	bob = auth.Actor{Kind: auth.User, ID: "usr_bob", Scopes: []string{"payments:read:own"}}
	kim = auth.Actor{Kind: auth.User, ID: "usr_kim", Scopes: []string{"payments:read", "payments:write", "giftcards:manage"}}
)

// shop is a payment subgraph at work with a gateway across a network.
type shop struct {
	*testing.T
	payments *payment.Service
	graph    *subgraphtest.Server
	pool     *pgxpool.Pool
	count    *pgtest.Statements
	bank     *pgxpool.Pool // the gateway's database
	bankURL  string
	client   *gateway.Simulator
	orders   payment.Orders
	stop     func() // the worker, and waits for it
}

type option struct {
	bank    func(*gatewaysim.Config)
	gateway func(gateway.Gateway) gateway.Gateway
	mute    bool           // the gateway's webhooks stay with it
	idle    bool           // no worker
	orders  payment.Orders // nil: it cannot be reached
}

func open(t *testing.T, o option) *shop {
	t.Helper()
	s := &shop{T: t, orders: ordersAway}
	if o.orders != nil {
		s.orders = o.orders
	}
	s.pool, s.count = pgtest.NewCounted(t, db.Migrations())
	s.bank = pgtest.New(t, gatewaysim.Migrations())

	var hooks http.Handler
	inbound := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hooks.ServeHTTP(w, r) }))
	cfg := gatewaysim.Config{APIKey: "sk_test", WebhookSecret: "whsec_test", Chaos: gatewaysim.ChaosOff, Seed: 7, Slow: 300 * time.Millisecond}
	if !o.mute {
		cfg.WebhookURL = inbound.URL + "/webhooks/gateway"
	}
	if o.bank != nil {
		o.bank(&cfg)
	}
	sim := gatewaysim.New(s.bank, cfg, slog.New(slog.DiscardHandler))
	bank := httptest.NewServer(sim.Handler())
	s.bankURL = bank.URL
	s.client = gateway.NewSimulator(gateway.Config{
		URL: bank.URL, APIKey: "sk_test", WebhookSecrets: []string{"whsec_test"}, Timeout: 5 * time.Second,
	})
	s.payments = s.service(o.gateway)
	hooks = s.payments.Webhooks()
	s.graph = subgraphtest.Serve(t, gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Payments: s.payments}}))

	endBank := background(t, sim.Run)
	s.stop = func() {}
	if !o.idle {
		s.stop = background(t, s.payments.RunWorker)
	}
	t.Cleanup(func() {
		s.stop()
		endBank()
		bank.Close()
		inbound.Close()
		s.client.Close()
	})
	return s
}

// ordersAway is an order service that cannot be reached: what Payment reports
// arrives by its events.
var ordersAway = rpcv1connect.NewOrdersClient(http.DefaultClient, "http://127.0.0.1:1")

// service is a replica that calls the gateway through wrap.
func (s *shop) service(wrap func(gateway.Gateway) gateway.Gateway) *payment.Service {
	var gw gateway.Gateway = s.client
	if wrap != nil {
		gw = wrap(gw)
	}
	cfg := payment.Config{Provider: payment.Simulator, Workers: 8, Lease: time.Second, Wait: 5 * time.Second}
	return payment.NewService(s.pool, outbox.New(s.pool), gw, s.orders, cfg, slog.New(slog.DiscardHandler), time.Now)
}

// as is a context of a request by an actor.
func (s *shop) as(by auth.Actor) context.Context {
	return auth.With(s.Context(), auth.Caller{Actor: by})
}

// background runs fn until the returned function is called, which waits.
func background(t *testing.T, fn func(context.Context) error) func() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := fn(ctx); err != nil {
			t.Errorf("a background loop ended: %v", err)
		}
	})
	return func() { cancel(); running.Wait() }
}

// order is an order of ada's over an amount in USD.
func order(minor int64) event.OrderFacts {
	return event.OrderFacts{
		OrderID: id.New(id.Order), CheckoutID: id.New(id.Checkout), Number: "1001", OwnerID: ada.ID,
		Currency: "USD", TotalMinor: minor,
	}
}

// placed is an order of ada's that cards pay their parts of.
func (s *shop) placed(minor int64, cards ...event.GiftCardPart) event.OrderFacts {
	s.Helper()
	o := order(minor)
	s.handle(event.OrderPlaced{OrderFacts: o, GiftCards: cards})
	return o
}

// consume hands events over, each with an id of its own.
func (s *shop) handle(payloads ...event.Payload) {
	s.Helper()
	for _, p := range payloads {
		if err := s.payments.Handle(s.Context(), eventtest.Envelope(p)); err != nil {
			s.Fatalf("handle %s: %v", p.Type(), err)
		}
	}
}

func due(o event.OrderFacts, paymentID string) event.PaymentDue {
	return event.PaymentDue{
		PaymentID: paymentID, OrderID: o.OrderID, CheckoutID: o.CheckoutID, Number: o.Number, OwnerID: o.OwnerID,
		AmountMinor: o.TotalMinor, Currency: o.Currency, Token: "tok_ok", ReturnURL: "https://shop.test/back",
	}
}

// authorise requests a payment by the call, and returns it.
func (s *shop) authorise(o event.OrderFacts, token string) payment.Payment {
	s.Helper()
	p, err := s.payments.Authorize(s.Context(), payment.AuthorizeRequest{
		PaymentID: id.New(id.Payment), Token: token, ReturnURL: "https://shop.test/back",
		Order: payment.Order{
			ID: o.OrderID, CheckoutID: o.CheckoutID, OwnerID: o.OwnerID, Number: o.Number,
			Amount: money.Money{Minor: o.TotalMinor, Currency: o.Currency},
		},
	}, 5*time.Second)
	if err != nil {
		s.Fatalf("authorise: %v", err)
	}
	return p
}

func (s *shop) capture(p payment.Payment) payment.Payment {
	s.Helper()
	p, err := s.payments.Capture(s.Context(), p.ID, 5*time.Second)
	if err != nil {
		s.Fatalf("capture: %v", err)
	}
	return p
}

// captured is a payment of an order over minor that was captured.
func (s *shop) captured(minor int64) payment.Payment {
	s.Helper()
	p := s.capture(s.authorise(s.placed(minor), "tok_ok"))
	if p.Status != payment.Captured {
		s.Fatalf("status = %s, want CAPTURED", p.Status)
	}
	return p
}

func (s *shop) payment(paymentID string) payment.Payment {
	s.Helper()
	found, err := s.payments.PaymentsByID(s.Context(), payment.Everyone, []string{paymentID})
	if err != nil || found[0] == nil {
		s.Fatalf("read payment %s: %v, %v", paymentID, found, err)
	}
	return *found[0]
}

// becomes waits until a payment has a status and no pending operation.
func (s *shop) waitForStatus(paymentID string, want payment.Status) payment.Payment {
	s.Helper()
	var p payment.Payment
	polltest.EventuallyNoProblem(s, func() string {
		if p = s.payment(paymentID); p.Status != want || p.PendingOperation != payment.OpNone {
			return fmt.Sprintf("payment is %s with the operation %s, want %s", p.Status, p.PendingOperation, want)
		}
		return ""
	})
	return p
}

// published lists the events that were published about a checkout, shortened:
// "created authorized".
func (s *shop) published(checkoutID string) string {
	s.Helper()
	rows, err := s.pool.Query(s.Context(), `SELECT type FROM outbox WHERE subject = $1 ORDER BY id`, checkoutID)
	if err != nil {
		s.Fatal(err)
	}
	types, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.Fatal(err)
	}
	for i, t := range types {
		types[i] = strings.TrimSuffix(strings.TrimPrefix(t, "com.cartograph.payment."), ".v1")
	}
	return strings.Join(types, " ")
}

func (s *shop) number(pool *pgxpool.Pool, sql string) int {
	s.Helper()
	var n int
	if err := pool.QueryRow(s.Context(), sql).Scan(&n); err != nil {
		s.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (s *shop) exec(pool *pgxpool.Pool, sql string, args ...any) {
	s.Helper()
	if _, err := pool.Exec(s.Context(), sql, args...); err != nil {
		s.Fatalf("%s: %v", sql, err)
	}
}

// balances gives every account that is not empty.
func (s *shop) balances() map[string]int64 {
	s.Helper()
	rows, err := s.pool.Query(s.Context(), `SELECT account, sum(amount_minor)::bigint FROM postings GROUP BY account HAVING sum(amount_minor) <> 0`)
	if err != nil {
		s.Fatal(err)
	}
	found := map[string]int64{}
	var account string
	var minor int64
	if _, err := pgx.ForEachRow(rows, []any{&account, &minor}, func() error { found[account] = minor; return nil }); err != nil {
		s.Fatal(err)
	}
	return found
}

// booksAgree fails if the ledger, the payments and the gateway differ.
func (s *shop) checkLedger() {
	s.Helper()
	if n := s.number(s.pool, `SELECT count(*) FROM (SELECT FROM postings GROUP BY journal_id HAVING sum(amount_minor) <> 0) x`); n != 0 {
		s.Errorf("%d journals do not add up to nothing", n)
	}
	different, err := db.New(s.pool).LedgerDifferences(s.Context(), time.Unix(0, 0))
	if err != nil || len(different) > 0 {
		s.Errorf("ledger and payments differ for %v (%v)", different, err)
	}
	const sums = `SELECT coalesce(sum(captured_minor - refunded_minor), 0)::bigint FROM payments`
	const gifts = `SELECT coalesce(sum(CASE WHEN captured_minor > 0 THEN gift_minor ELSE 0 END - gift_refunded_minor), 0)::bigint FROM payments`
	if ours, theirs := s.number(s.pool, sums)-s.number(s.pool, gifts), s.number(s.bank, sums); ours != theirs {
		s.Errorf("we hold %d, the gateway %d", ours, theirs)
	}
	const liability = `SELECT -coalesce(sum(amount_minor), 0)::bigint FROM postings WHERE account = 'gift_card_liability'`
	if ledger, cards := s.number(s.pool, liability), s.number(s.pool, `SELECT coalesce(sum(balance_minor), 0)::bigint FROM gift_cards`); ledger != cards {
		s.Errorf("the ledger owes the holders of gift cards %d, and the cards have %d", ledger, cards)
	}
}

// decides takes the customer's word at the bank's page.
func (s *shop) decideChallenge(p payment.Payment, outcome string) {
	s.Helper()
	resp, err := http.Post(p.NextAction.RedirectURL, "application/json", bytes.NewBufferString(`{"outcome":"`+outcome+`"}`))
	if err != nil {
		s.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.Fatalf("the bank's page answers %s", resp.Status)
	}
}

package payment_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cartograph/internal/money"
	"cartograph/internal/pg"
	"cartograph/subgraphs/payment"
)

// issue issues a card of an amount in USD and returns it with its code.
func (s *shop) issue(minor int64) (*payment.GiftCard, string) {
	s.Helper()
	card, code, replayed, err := s.payments.IssueGiftCard(s.as(kim), payment.IssueRequest{
		Amount: money.Money{Minor: minor, Currency: "USD"}, IdempotencyKey: fmt.Sprintf("issue %d", s.number(s.pool, `SELECT count(*) FROM gift_cards`)),
	})
	if err != nil || replayed || code == "" {
		s.Fatalf("issue a gift card: %v, replayed %v, code %q", err, replayed, code)
	}
	return card, code
}

// balance is the balance of a card in minor units.
func (s *shop) balance(cardID string) int64 {
	s.Helper()
	card, err := s.payments.GiftCard(s.Context(), cardID)
	if err != nil || card == nil {
		s.Fatalf("read gift card %s: %v, %v", cardID, card, err)
	}
	return card.Balance.Minor
}

const (
	issueCard = `mutation($input: GiftCardIssueInput!) { giftCardIssue(input: $input) {
		giftCard { id lastCharacters status issued { amount } balance { amount } note expiresAt movements { kind amount { amount } paymentId } } code replayed userErrors { code path } } }`
	disableCard = `mutation($id: ID!, $key: ID!) { giftCardDisable(id: $id, idempotencyKey: $key) { giftCard { status balance { amount } } replayed userErrors { code path } } }`
	readBalance = `query($code: String!) { giftCardBalance(code: $code) { lastCharacters status balance { amount currencyCode } expiresAt } }`
)

func TestStaffIssuesAGiftCardAndItsHolderReadsTheBalance(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	input := map[string]any{"amount": map[string]any{"amount": "50.00", "currencyCode": "USD"}, "note": "for the delay", "idempotencyKey": "k1"}
	vars := map[string]any{"input": input}
	const forbidden = `{"errors":[{"message":"You may not see or do this.","path":["giftCardIssue"],"extensions":{"code":"FORBIDDEN"}}],"data":{"giftCardIssue":null}}`
	s.expect(ada, issueCard, vars, forbidden)
	s.expect(anonymous, issueCard, vars, strings.NewReplacer("FORBIDDEN", "UNAUTHENTICATED", "You may not see or do this.", "Please sign in.").Replace(forbidden))

	var issued struct {
		Data struct {
			GiftCardIssue struct {
				GiftCard struct{ ID, LastCharacters string }
				Code     string
			}
		}
	}
	if err := json.Unmarshal([]byte(s.query(kim, issueCard, vars)), &issued); err != nil {
		t.Fatal(err)
	}
	code, card := issued.Data.GiftCardIssue.Code, issued.Data.GiftCardIssue.GiftCard
	if !strings.HasSuffix(code, card.LastCharacters) || len(code) != 24 {
		t.Fatalf("the code is %q and ends with %q", code, card.LastCharacters)
	}
	s.expect(kim, issueCard, vars, fmt.Sprintf(`{"data":{"giftCardIssue":{"giftCard":{"id":%q,"lastCharacters":%q,"status":"ACTIVE","issued":{"amount":"50.00"},"balance":{"amount":"50.00"},"note":"for the delay","expiresAt":null,"movements":[{"kind":"ISSUED","amount":{"amount":"50.00"},"paymentId":null}]},"code":null,"replayed":true,"userErrors":[]}}}`, card.ID, card.LastCharacters))
	if n := s.number(s.pool, `SELECT count(*) FROM gift_cards`); n != 1 {
		t.Errorf("%d cards after a replay, want 1", n)
	}
	for _, table := range []string{"gift_cards", "gift_card_codes", "outbox", "idempotency_keys", "journals"} {
		sql := fmt.Sprintf(`SELECT count(*) FROM %s x WHERE replace(x::text, '-', '') LIKE '%%' || '%s' || '%%'`, table, strings.ReplaceAll(code, "-", ""))
		if n := s.number(s.pool, sql); n != 0 {
			t.Errorf("the code is in %d rows of %s", n, table)
		}
	}
	typed := map[string]any{"code": " " + strings.ToLower(strings.ReplaceAll(code, "-", " "))}
	seen := fmt.Sprintf(`{"data":{"giftCardBalance":{"lastCharacters":%q,"status":"%%s","balance":{"amount":"50.00","currencyCode":"USD"},"expiresAt":null}}}`, card.LastCharacters)
	s.expect(anonymous, readBalance, typed, fmt.Sprintf(seen, "ACTIVE"))
	s.expect(ada, readBalance, map[string]any{"code": "ABCD-EFGH-JKLM-NPQR-STUV"}, `{"data":{"giftCardBalance":null}}`)
	s.expect(kim, `query($last: String) { giftCards(lastCharacters: $last) { nodes { id } pageInfo { hasNextPage } } }`, map[string]any{"last": card.LastCharacters},
		fmt.Sprintf(`{"data":{"giftCards":{"nodes":[{"id":%q}],"pageInfo":{"hasNextPage":false}}}}`, card.ID))
	s.expect(kim, `{ giftCards(lastCharacters: "none") { nodes { id } } }`, nil, `{"data":{"giftCards":{"nodes":[]}}}`)

	disable := map[string]any{"id": card.ID, "key": "d1"}
	s.expect(kim, disableCard, disable, `{"data":{"giftCardDisable":{"giftCard":{"status":"DISABLED","balance":{"amount":"50.00"}},"replayed":false,"userErrors":[]}}}`)
	s.expect(kim, disableCard, disable, `{"data":{"giftCardDisable":{"giftCard":{"status":"DISABLED","balance":{"amount":"50.00"}},"replayed":true,"userErrors":[]}}}`)
	s.expect(kim, disableCard, map[string]any{"id": "gft_none", "key": "d2"}, `{"data":{"giftCardDisable":{"giftCard":null,"replayed":false,"userErrors":[{"code":"NOT_FOUND","path":["id"]}]}}}`)
	s.expect(kim, disableCard, map[string]any{"id": "gft_none", "key": "d1"}, `{"data":{"giftCardDisable":{"giftCard":null,"replayed":false,"userErrors":[{"code":"IDEMPOTENCY_KEY_REUSED","path":["idempotencyKey"]}]}}}`)
	s.expect(ada, readBalance, typed, fmt.Sprintf(seen, "DISABLED"))
	if n := s.number(s.pool, `SELECT count(*) FROM outbox WHERE data ->> 'action' IN ('giftCard.issued', 'giftCard.disabled')`); n != 2 {
		t.Errorf("%d entries for the audit log, want one of the issue and one of the disabling", n)
	}
	if got := s.balances(); got["gift_card_liability"] != -5000 || got["gift_cards_issued"] != 5000 {
		t.Errorf("the ledger has %v, want a liability of the balance", got)
	}
}

func TestGiftCardsThatAreNotIssued(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	for name, tt := range map[string]struct {
		change map[string]any
		want   string
	}{
		"nothing":          {map[string]any{"amount": map[string]any{"amount": "0", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"less":             {map[string]any{"amount": map[string]any{"amount": "-1", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"too much":         {map[string]any{"amount": map[string]any{"amount": "100000.01", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"half a cent":      {map[string]any{"amount": map[string]any{"amount": "1.005", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"expired":          {map[string]any{"expiresAt": time.Now().Add(-time.Second)}, `{"code":"INVALID_INPUT","path":["input","expiresAt"]}`},
		"a long time":      {map[string]any{"expiresAt": time.Now().AddDate(11, 0, 0)}, `{"code":"INVALID_INPUT","path":["input","expiresAt"]}`},
		"long note":        {map[string]any{"note": strings.Repeat("x", 1001)}, `{"code":"INVALID_INPUT","path":["input","note"]}`},
		"card in the note": {map[string]any{"note": "4242 4242 4242 4242"}, `{"code":"INVALID_INPUT","path":null}`},
		"no key":           {map[string]any{"idempotencyKey": ""}, `{"code":"INVALID_INPUT","path":["input","idempotencyKey"]}`},
	} {
		input := map[string]any{"amount": map[string]any{"amount": "50.00", "currencyCode": "USD"}, "idempotencyKey": name}
		maps.Copy(input, tt.change)
		if got := s.query(kim, issueCard, map[string]any{"input": input}); !strings.Contains(got, `"giftCard":null`) || !strings.Contains(got, `"userErrors":[`+tt.want+`]`) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if n := s.number(s.pool, `SELECT count(*) FROM gift_cards`); n != 0 {
		t.Errorf("%d cards, want none", n)
	}
}

func TestAnExpiredGiftCardIsShownAsExpired(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	card, _, _, err := s.payments.IssueGiftCard(s.as(kim), payment.IssueRequest{
		Amount: money.Money{Minor: 100, Currency: "USD"}, ExpiresAt: new(time.Now().Add(time.Hour)), IdempotencyKey: "k",
	})
	if err != nil || card.Status() != payment.GiftCardActive {
		t.Fatalf("issue: %v, status %s", err, card.Status())
	}
	s.exec(s.pool, `UPDATE gift_cards SET expires_at = now()`)
	if card, err = s.payments.GiftCard(t.Context(), card.ID); err != nil || card.Status() != payment.GiftCardExpired {
		t.Errorf("status = %s (%v), want EXPIRED", card.Status(), err)
	}
}

func TestABalanceIsThatOfItsMovements(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	card, _ := s.issue(100)
	for sql, constraint := range map[string]string{
		`UPDATE gift_cards SET balance_minor = 99`:                                                                                  "gift_cards_balance_is_that_of_movements",
		`UPDATE gift_cards SET balance_minor = -1`:                                                                                  "gift_cards_balance_is_never_negative",
		`UPDATE gift_cards SET balance_minor = 101`:                                                                                 "gift_cards_balance_within_issued",
		`INSERT INTO gift_card_movements (card_id, kind, amount_minor) VALUES ('` + card.ID + `', 'ISSUED', 5)`:                     "gift_card_movements_once",
		`INSERT INTO gift_cards (id, currency, issued_minor, balance_minor, last_characters) VALUES ('gft_2', 'USD', 5, 5, 'ABCD')`: "gift_cards_balance_is_that_of_movements",
	} {
		if _, err := s.pool.Exec(t.Context(), sql); !pg.IsCheck(err, constraint) && !pg.IsUnique(err, constraint) {
			t.Errorf("%s: %v, want %s", sql, err, constraint)
		}
	}
	for _, sql := range []string{`UPDATE gift_card_movements SET amount_minor = 1`, `DELETE FROM gift_card_movements`} {
		if _, err := s.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want it refused as append-only", sql, err)
		}
	}
}

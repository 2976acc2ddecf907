package e2e

import (
	"testing"

	"cartograph/internal/id"
)

// issueGiftCard issues a card in USD, as staff, and returns the payload with its code.
func (c *client) issueGiftCard(t *testing.T, amount string) object {
	t.Helper()
	issued := c.do(t, `mutation($input: GiftCardIssueInput!) { giftCardIssue(input: $input) { giftCard { id lastCharacters } code userErrors { code message } } }`,
		vars{"input": vars{"amount": vars{"amount": amount, "currencyCode": "USD"}, "idempotencyKey": id.New("key")}})
	payload := object(issued.get("giftCardIssue").(map[string]any))
	if payload.str("code") == "" {
		t.Fatalf("the card was not issued: %v", payload)
	}
	return payload
}

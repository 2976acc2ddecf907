package graph_test

import (
	"bytes"
	"testing"

	"cartograph/subgraphs/order/ordertest"
)

func TestNothingIsDeliveredToACountryThatDoesNotExist(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, country := range []string{"UK", "DD", "FX", "SU"} {
		answer := s.query(t, ordertest.Ada, `query($c: CountryCode!) {
			shippingMethods(countryCode: $c) { id }
			_entities(representations: [{__typename: "ProductVariant", id: "var_mug", weightGrams: 100}]) { ... on ProductVariant { deliveryEstimates(countryCode: $c) { method { id } } } }
		}`, map[string]any{"c": country})
		if want := `{"data":{"shippingMethods":[],"_entities":[{"deliveryEstimates":[]}]}}`; string(bytes.TrimSpace(answer)) != want {
			t.Errorf("%s: %s, want %s", country, answer, want)
		}
	}
}

func TestALookupWithAZeroByteFindsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, query := range []string{
		`{ orderLookup(number: "\u0000", email: "ada@example.test") { id } }`, `{ orderLookup(number: "CG-AAAAAA", email: "\u0000@example.test") { id } }`,
	} {
		if answer := s.query(t, ordertest.Guest, query, nil); string(bytes.TrimSpace(answer)) != `{"data":{"orderLookup":null}}` {
			t.Errorf("%s: %s, want null", query, answer)
		}
	}
}

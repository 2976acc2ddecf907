package graph_test

import (
	"testing"

	"cartograph/internal/address"
)

func TestAnAddressFormIsThatOfItsCountry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const query = `query($c: CountryCode!) { addressFormat(countryCode: $c) { countryCode postalCodePattern postalCodeExamples fields { name label required } regions { code name } } }`
	s.Want(t, anonymous(), query, map[string]any{"c": "AE"}, `{"addressFormat": {
		"countryCode": "AE", "postalCodePattern": null, "postalCodeExamples": [],
		"fields": [
			{"name": "name", "label": "Name", "required": true}, {"name": "company", "label": "Company", "required": false},
			{"name": "line1", "label": "Street and number", "required": true}, {"name": "line2", "label": "Apartment, floor, etc.", "required": false},
			{"name": "region", "label": "Emirate", "required": true}
		],
		"regions": [
			{"code": "أبو ظبي", "name": "Abu Dhabi"}, {"code": "إمارة الشارقةّ", "name": "Sharjah"}, {"code": "الفجيرة", "name": "Fujairah"},
			{"code": "ام القيوين", "name": "Umm Al Quwain"}, {"code": "إمارة دبيّ", "name": "Dubai"}, {"code": "إمارة رأس الخيمة", "name": "Ras al Khaimah"},
			{"code": "عجمان", "name": "Ajman"}
		]
	}}`)
	s.Want(t, anonymous(), query, map[string]any{"c": "UK"}, `{"addressFormat": null}`)
}

func TestEveryCountryOfTheListHasAnAddressForm(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a := s.Query(t, anonymous(), `{ countries { code name addressFormat { countryCode } } }`, nil)
	list := a.Data.(map[string]any)["countries"].([]any)
	if len(a.Errors) > 0 || len(list) != 249 {
		t.Fatalf("%d countries and the errors %v, want 249", len(list), a.Errors)
	}
	for _, entry := range list {
		c := entry.(map[string]any)
		code := c["code"].(string)
		if c["name"] != address.CountryName(code, "en-US") || c["addressFormat"].(map[string]any)["countryCode"] != code {
			t.Errorf("%v, want the name and the form of %s", c, code)
		}
	}
}

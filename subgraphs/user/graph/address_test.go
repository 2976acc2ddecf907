package graph_test

import "testing"

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

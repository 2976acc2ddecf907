package demo

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/catalogue"
)

func now() time.Time { return time.Date(2027, time.March, 4, 12, 30, 0, 0, time.UTC) }

func TestTheCatalogueHasItsDocumentedSize(t *testing.T) {
	t.Parallel()
	shop := Open(now())
	top := 0
	for _, c := range shop.Categories {
		if c.ParentID == "" {
			top++
		}
	}
	if top != 8 {
		t.Errorf("the shop has %d top categories, want 8", top)
	}
	if len(shop.Brands) != 12 {
		t.Errorf("the shop has %d brands, want 12", len(shop.Brands))
	}
	if n := len(shop.Products); n < 55 || n > 70 {
		t.Errorf("the shop has %d products, want 55 to 70", n)
	}
	if len(shop.Accounts) != 4 {
		t.Errorf("the shop has %d accounts, want 4", len(shop.Accounts))
	}
	for _, p := range shop.Products {
		if n := len(p.Variants); n < 2 || n > 6 {
			t.Errorf("%s has %d variants, want 2 to 6", p.Slug, n)
		}
	}
}

// once fails the test when the same value of a sort is seen a second time.
type once struct {
	t    *testing.T
	seen map[string]string
}

func (o once) see(sort, value, owner string) {
	o.t.Helper()
	if value == "" {
		o.t.Errorf("%s has an empty %s", owner, sort)
	}
	if other, ok := o.seen[sort+value]; ok {
		o.t.Errorf("%s and %s share the %s %q", other, owner, sort, value)
	}
	o.seen[sort+value] = owner
}

func TestNothingSharesAnIDASlugOrASKU(t *testing.T) {
	t.Parallel()
	shop := Open(now())
	o := once{t, map[string]string{}}
	id := regexp.MustCompile(`^(prd|var|cat|brd|usr|adr)_[0-9A-HJKMNP-TV-Z]{26}$`)
	seeID := func(value, owner string) {
		if !id.MatchString(value) {
			t.Errorf("%s has the id %q, want a prefix and a ULID", owner, value)
		}
		o.see("id", value, owner)
	}
	for _, c := range shop.Categories {
		seeID(c.ID, c.Slug)
		o.see("category slug", c.Slug, c.Name)
	}
	for _, b := range shop.Brands {
		seeID(b.ID, b.Slug)
		o.see("brand slug", b.Slug, b.Name)
	}
	for _, p := range shop.Products {
		seeID(p.ID, p.Slug)
		o.see("product slug", p.Slug, p.Title)
		for _, v := range p.Variants {
			seeID(v.ID, v.SKU)
			o.see("sku", v.SKU, p.Slug)
			o.see("barcode", v.Barcode, v.SKU)
			o.see("title in "+p.Slug, v.Title, v.SKU)
		}
	}
	for _, p := range shop.Accounts {
		seeID(p.ID, p.Email)
		o.see("email", p.Email, p.DisplayName)
		for _, a := range p.Addresses {
			seeID(a.ID, p.Email)
		}
	}
}

func TestEveryReferenceResolves(t *testing.T) {
	t.Parallel()
	shop := Open(now())
	categories, brands, sellers := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range shop.Categories {
		if c.ParentID != "" && !categories[c.ParentID] {
			t.Errorf("category %s stands before its parent, or has none", c.Slug)
		}
		categories[c.ID] = true
	}
	for _, b := range shop.Brands {
		brands[b.ID] = true
	}
	for _, p := range shop.Accounts {
		for _, role := range p.Roles {
			sellers[p.ID] = sellers[p.ID] || role == "SELLER"
		}
	}
	used := map[string]bool{}
	for _, p := range shop.Products {
		if !categories[p.CategoryID] || !brands[p.BrandID] || !sellers[p.SellerID] {
			t.Errorf("%s names a category, brand or seller that does not exist", p.Slug)
		}
		used[p.CategoryID], used[p.BrandID] = true, true
	}
	for _, b := range shop.Brands {
		if !used[b.ID] {
			t.Errorf("brand %s makes nothing", b.Slug)
		}
	}
	for _, c := range shop.Categories {
		if c.ParentID != "" && !used[c.ID] {
			t.Errorf("category %s is empty", c.Slug)
		}
	}
}

func TestEveryEntryGivesStockForEachVariant(t *testing.T) {
	t.Parallel()
	for _, e := range allEntries() {
		all := combinations(e.options)
		if len(all) != len(e.stock) {
			t.Errorf("%s has %d variants and stock for %d", e.slug, len(all), len(e.stock))
		}
		values := map[string]bool{}
		for _, o := range e.options {
			for _, v := range o.Values {
				values[v.Value] = true
				if o.Name == "Colour" && v.SwatchHex == "" {
					t.Errorf("%s comes in %s, which is not in the palette", e.slug, v.Value)
				}
			}
		}
		for value := range e.extra {
			if !values[value] {
				t.Errorf("%s costs more in %q, which it does not offer", e.slug, value)
			}
		}
		for value := range e.heavier {
			if !values[value] {
				t.Errorf("%s weighs more as %q, which it does not offer", e.slug, value)
			}
		}
		if (e.was > 0) != (e.priceDays > 0) {
			t.Errorf("%s: a former price and the day it ended go together", e.slug)
		}
	}
}

func TestEveryVariantCanBeSold(t *testing.T) {
	t.Parallel()
	for _, p := range Products(now()) {
		for _, v := range p.Variants {
			checkVariant(t, p, v)
		}
		if p.Title == "" || p.Subtitle == "" || len(p.Description) < 80 || len(p.Specifications) == 0 || len(p.Tags) < 3 {
			t.Errorf("%s lacks a title, text, tags or data sheet", p.Slug)
		}
		if strings.Contains(p.Description, "<") || !strings.HasPrefix(p.DescriptionHTML, "<p>") {
			t.Errorf("%s mixes its plain and its HTML description", p.Slug)
		}
		if p.CreatedAt.After(now()) || p.FeaturedRank < 1 {
			t.Errorf("%s was created at %v with rank %d", p.Slug, p.CreatedAt, p.FeaturedRank)
		}
	}
}

func checkVariant(t *testing.T, p Product, v Variant) {
	t.Helper()
	for _, currency := range Currencies() {
		if v.Prices[currency] <= 0 {
			t.Errorf("%s costs %d %s", v.SKU, v.Prices[currency], currency)
		}
		if v.CompareAt != nil && v.CompareAt[currency] <= v.Prices[currency] {
			t.Errorf("%s is compared with %d %s, which is not above its price %d", v.SKU, v.CompareAt[currency], currency, v.Prices[currency])
		}
	}
	if v.WeightGrams <= 0 || v.Stock < 0 {
		t.Errorf("%s weighs %d g and has %d in stock", v.SKU, v.WeightGrams, v.Stock)
	}
	if !validEAN(v.Barcode) {
		t.Errorf("%s has the barcode %q, which is no EAN-13", v.SKU, v.Barcode)
	}
	if !v.RestockAt.IsZero() && (v.Stock > 0 || !v.RestockAt.After(now())) {
		t.Errorf("%s has %d in stock and a restock at %v", v.SKU, v.Stock, v.RestockAt)
	}
	if len(v.Options) != len(p.Options) {
		t.Errorf("%s answers %d of %d options", v.SKU, len(v.Options), len(p.Options))
		return
	}
	for i, chosen := range v.Options {
		if !offers(p.Options[i], chosen) {
			t.Errorf("%s is %s %s, which its product does not offer", v.SKU, chosen.Name, chosen.Value)
		}
	}
}

func offers(o catalogue.Option, chosen catalogue.SelectedOption) bool {
	for _, v := range o.Values {
		if o.Name == chosen.Name && v.Value == chosen.Value {
			return true
		}
	}
	return false
}

func validEAN(code string) bool {
	if len(code) != 13 {
		return false
	}
	sum := 0
	for i, d := range code {
		if d < '0' || d > '9' {
			return false
		}
		sum += int(d-'0') * (1 + 2*(i%2))
	}
	return sum%10 == 0
}

func TestTheExamplesAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	products, variants := map[string]Product{}, map[string]Variant{}
	lowStock, ranks := 0, map[int]string{}
	for _, p := range Products(now()) {
		products[p.Slug] = p
		if other, taken := ranks[p.FeaturedRank]; taken {
			t.Errorf("%s and %s share the rank %d", other, p.Slug, p.FeaturedRank)
		}
		ranks[p.FeaturedRank] = p.Slug
		for _, v := range p.Variants {
			variants[v.SKU] = v
			if v.Stock > 0 && v.Stock <= 5 {
				lowStock++
			}
		}
	}
	if got := variants[SKUFiveLeft].Stock; got != 5 {
		t.Errorf("%s has %d left, want 5", SKUFiveLeft, got)
	}
	if _, ok := variants[SKUSoldOut]; !ok {
		t.Errorf("there is no variant %s", SKUSoldOut)
	}
	if len(products[SlugSoldOut].Variants) == 0 {
		t.Errorf("there is no product %s", SlugSoldOut)
	}
	for _, v := range products[SlugSoldOut].Variants {
		if v.Stock != 0 || !v.RestockAt.After(now()) {
			t.Errorf("%s has %d left and is restocked at %v, want none and a day to come", v.SKU, v.Stock, v.RestockAt)
		}
	}
	if got := products[SlugArchived].Status; got != Archived {
		t.Errorf("%s is %s, want archived", SlugArchived, got)
	}
	moved := products[SlugPriceMoved].Variants[0]
	if age := now().Sub(moved.PriceSince); moved.CompareAt == nil || age != 24*time.Hour {
		t.Errorf("the price of %s moved %v ago from %v, want yesterday", SlugPriceMoved, age, moved.CompareAt)
	}
	if lowStock < 5 {
		t.Errorf("%d variants are low on stock, want some", lowStock)
	}
}

func TestSearchHasWordsToBeTestedWith(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, p := range Products(now()) {
		for _, word := range []string{"Headphones", "Café", "Crème"} {
			if strings.Contains(p.Title, word) {
				counts[word]++
			}
		}
	}
	if counts["Headphones"] < 4 || counts["Café"] < 2 || counts["Crème"] < 2 {
		t.Errorf("titles with Headphones, Café, Crème: %v, want several each", counts)
	}
}

func TestSpecificationsOfOneKeyHaveOneName(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	names := map[string]string{}
	for _, p := range Products(now()) {
		seen := map[string]bool{}
		for _, g := range p.Specifications {
			for _, s := range g.Items {
				if !key.MatchString(s.Key) || s.Value == "" || seen[s.Key] {
					t.Errorf("%s has the specification %+v, malformed or twice", p.Slug, s)
				}
				seen[s.Key] = true
				if known, ok := names[s.Key]; ok && known != s.Name {
					t.Errorf("%s is called both %q and %q", s.Key, known, s.Name)
				}
				names[s.Key] = s.Name
			}
		}
	}
}

// The ids are part of the demo's contract: links and walkthroughs hold them.
func TestIDsStayWhatTheyWere(t *testing.T) {
	t.Parallel()
	shop := Open(now())
	got := map[string]string{
		shop.Products[0].Slug:                 shop.Products[0].ID,
		shop.Products[0].Variants[2].SKU:      shop.Products[0].Variants[2].ID,
		shop.Categories[0].Slug:               shop.Categories[0].ID,
		shop.Brands[0].Slug:                   shop.Brands[0].ID,
		shop.Accounts[0].Email:                shop.Accounts[0].ID,
		shop.Accounts[0].Addresses[0].Line1:   shop.Accounts[0].Addresses[0].ID,
		shop.Products[0].Pictures[0].Name:     shop.Products[0].Pictures[0].ID,
		"barcode of " + shop.Products[0].Slug: shop.Products[0].Variants[0].Barcode,
	}
	want := map[string]string{
		"1840 Alder Crossing":              "adr_01KE6P4YM0HA7ZYR14S3W8DW21",
		"FER-AUR-MOS":                      "var_01KE6P4YM0J82EHNHM1P5R6D0D",
		"ada@demo.test":                    "usr_01KE6P4YM0396AXWWJGMJNVF3Z",
		"atelier-cremiere":                 "brd_01KE6P4YM0WZHXPZNZ8XYQB70V",
		"audio":                            "cat_01KE6P4YM0Q24S2ERVCQJ7SXZF",
		"aurora-anc-headphones":            "prd_01KE6P4YM0560FBHHV6PVVNRSC",
		"aurora-anc-headphones-1.svg":      "img_01KE6P4YM0QYB2D2D99EBCVCE9",
		"barcode of aurora-anc-headphones": "2060161089298",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids changed (-want +got):\n%s", diff)
	}
}

func TestOnlyDatesDependOnTheDay(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(Products(now()), Products(now())); diff != "" {
		t.Errorf("two shops of one moment differ:\n%s", diff)
	}
	today, later := Products(now()), Products(now().AddDate(1, 2, 3))
	noDates := cmp.FilterValues(func(a, b time.Time) bool { return a.IsZero() == b.IsZero() }, cmp.Ignore())
	if diff := cmp.Diff(today, later, noDates); diff != "" {
		t.Errorf("more than dates changed with the day:\n%s", diff)
	}
}

func TestDemoAccountsCanSignInAndReceiveParcels(t *testing.T) {
	t.Parallel()
	roles, countries := map[string]bool{}, map[string]bool{}
	for _, p := range Accounts() {
		if len(p.Password) < 10 || !strings.HasSuffix(p.Email, "@demo.test") {
			t.Errorf("%s has the password %q, want 10 characters or more", p.Email, p.Password)
		}
		for _, role := range p.Roles {
			roles[role] = true
		}
		shipping, billing := 0, 0
		for _, a := range p.Addresses {
			countries[a.CountryCode] = true
			if a.DefaultShipping {
				shipping++
			}
			if a.DefaultBilling {
				billing++
			}
		}
		if len(p.Addresses) > 0 && (shipping != 1 || billing != 1) {
			t.Errorf("%s has %d default shipping and %d default billing addresses, want one each", p.Email, shipping, billing)
		}
	}
	for _, role := range []string{"CUSTOMER", "SELLER", "SUPPORT", "ADMIN"} {
		if !roles[role] {
			t.Errorf("no account is %s", role)
		}
	}
	if !countries["US"] || !countries["DE"] {
		t.Errorf("addresses lie in %v, want US and DE", countries)
	}
}

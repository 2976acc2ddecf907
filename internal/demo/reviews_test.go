package demo

import (
	"reflect"
	"testing"
	"time"
)

func TestReviewsLookNaturalAndAreTheSameAtEveryStart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 10, 9, 0, 0, 0, time.UTC)
	products := Products(now)
	reviews := Reviews(products, now)
	if !reflect.DeepEqual(reviews, Reviews(Products(now), now)) {
		t.Error("the same products have other reviews the second time")
	}
	if len(reviews) < 350 || len(reviews) > 450 {
		t.Errorf("%d reviews, want about 400", len(reviews))
	}
	created := map[string]time.Time{}
	for _, p := range products {
		created[p.ID] = p.CreatedAt
	}
	stars, languages, unique := map[int]int{}, map[string]int{}, map[string]bool{}
	verified := 0
	for _, r := range reviews {
		stars[r.Rating]++
		languages[r.Locale[:2]]++
		if r.OrderID != "" {
			verified++
		}
		if r.CreatedAt.Before(created[r.ProductID]) || r.CreatedAt.After(now) {
			t.Errorf("%s was written at %v, the product is of %v", r.ID, r.CreatedAt, created[r.ProductID])
		}
		for _, key := range []string{"id " + r.ID, r.ProductID + r.AuthorID, r.ProductID + r.Body} {
			if unique[key] {
				t.Errorf("%q is not unique", key)
			}
			unique[key] = true
		}
	}
	share := func(n int) int { return 100 * n / len(reviews) }
	if share(stars[5]) < 42 || share(stars[4]) < 18 || share(stars[3]) < 6 || stars[2] == 0 || stars[1] == 0 || share(stars[1]+stars[2]) > 18 {
		t.Errorf("ratings are %v", stars)
	}
	if share(languages["de"]) < 20 || share(languages["en"]) < 50 || share(verified) < 65 || share(verified) > 92 {
		t.Errorf("languages %v, %d verified", languages, verified)
	}
}

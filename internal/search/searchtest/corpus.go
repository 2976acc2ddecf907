package searchtest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/search"
)

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// thing is a document as a test writes it down.
type thing struct {
	id, title, brand string
	categories       []string
	cents            int64
	was              int64
	euros            int64 // 0: no price in euros
	available        int
	featured         int64
	age              int // days
	description      string
	attributes       []search.Attribute
	tags             []string
	collections      []string
}

func (t thing) document(version int64) search.Document {
	d := search.Document{
		Card: search.Card{
			ID: t.id, Slug: "slug-" + t.id, Title: t.title, Tags: t.tags,
			Image:     &catalogue.Image{ID: "img", Name: t.id + ".svg", Alt: t.title, Width: 800, Height: 800},
			Prices:    map[string]search.Price{"USD": {Min: t.cents, Max: t.cents + 500, CompareAtMin: t.was, CompareAtMax: t.was}},
			Available: t.available, AsOf: epoch(), CreatedAt: epoch().AddDate(0, 0, -t.age),
		},
		Version: version, Description: t.description, Featured: t.featured,
		Attributes: t.attributes, Collections: t.collections, Keywords: []string{"SKU-" + t.id},
	}
	if t.brand != "" {
		d.Brand = search.Brand{ID: "brd_" + t.brand, Slug: t.brand, Name: t.brand + " Ltd"}
	}
	if t.euros > 0 {
		d.Prices["EUR"] = search.Price{Min: t.euros, Max: t.euros}
	}
	for _, c := range t.categories {
		d.Categories = append(d.Categories, search.Category{Slug: c, Name: "All " + c})
	}
	return d
}

func colour(value, swatch string) search.Attribute {
	return search.Attribute{Key: "colour", Name: "Colour", Value: value, Swatch: swatch}
}

func battery(hours string) search.Attribute {
	return search.Attribute{Key: "battery_life", Name: "Battery life", Value: hours, Unit: "h"}
}

// shop is a small shop in which every rule has an example.
func shop() []thing {
	audio := []string{"headphones", "audio"}
	return []thing{
		{
			id: "p1", title: "Aurora ANC Headphones", brand: "fernlyd", categories: audio, cents: 27900, euros: 25900, available: 20, featured: 90, age: 40,
			description: "Adaptive noise cancelling turns a train into a library.", attributes: []search.Attribute{colour("Moss", "#556b2f"), colour("Chalk", "#f5f5f0"), battery("45")}, tags: []string{"wireless"},
		},
		{
			id: "p2", title: "Bounce Wireless Headphones", brand: "kvarta", categories: audio, cents: 5900, was: 6900, euros: 5500, available: 20, featured: 80, age: 220,
			description: "Light on-ear headphones.", attributes: []search.Attribute{colour("Moss", "#556b2f"), battery("60")}, tags: []string{"wireless", "gift"}, collections: []string{"summer", "under-60"},
		},
		{
			id: "p3", title: "Fjell Studio Headphones", brand: "fernlyd", categories: audio, cents: 18900, euros: 17500, available: 0, featured: 10, age: 410,
			description: "Closed-back reference.", attributes: []search.Attribute{colour("Black", "#111111")},
		},
		{
			id: "p4", title: "Café au Lait Bowl", brand: "atelier", categories: []string{"bowls", "kitchen"}, cents: 2400, euros: 2200, available: 3, age: 5,
			description: "Stoneware glazed by hand.", tags: []string{"gift"}, collections: []string{"under-60"},
		},
		{
			id: "p5", title: "Samsung-style Monitor", brand: "samsung", categories: []string{"computing"}, cents: 49900, available: 7, age: 90,
			description: "A headline act for every desk.",
		},
		{id: "p6", title: "Organic T-Shirt", categories: []string{"clothing"}, cents: 2900, euros: 2700, available: 11, age: 12, description: "Soft cotton."},
		{id: "p7", title: "Pan & Lid <Pro>", brand: "atelier", categories: []string{"kitchen"}, cents: 8900, euros: 8200, available: 1, age: 30, description: "Iron."},
	}
}

// crowd is n documents with many ties in every order.
func crowd(n int, seed uint64) []search.Document {
	rng := rand.New(rand.NewPCG(seed, 1))
	brands, nouns := []string{"fernlyd", "kvarta", "atelier"}, []string{"lamp", "lantern", "mug", "tent"}
	all := make([]search.Document, n)
	for i := range all {
		noun := nouns[rng.IntN(len(nouns))]
		t := thing{
			id: fmt.Sprintf("p%04d", i), title: fmt.Sprintf("Quiet %s %d", noun, i%7), brand: brands[rng.IntN(len(brands))],
			categories: []string{noun + "s", "all"}, cents: 1000 * (1 + rng.Int64N(12)), available: rng.IntN(3),
			featured: rng.Int64N(4), age: rng.IntN(10), description: "Made to be used every day.",
		}
		if rng.IntN(3) > 0 {
			t.euros = t.cents * 9 / 10
		}
		all[i] = t.document(1)
	}
	return all
}

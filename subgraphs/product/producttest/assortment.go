package producttest

import (
	"fmt"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/subgraphs/product"
)

func image(name string) catalogue.Image {
	return catalogue.Image{ID: "img_" + name, Name: name + ".svg", Alt: "A picture of " + name, Width: 800, Height: 800}
}

// Assortment is a shop in small: prd_a is on sale in two colours, prd_b and
// prd_e are plain, prd_c is sold out, prd_d comes again, prd_f is no longer
// sold and prd_g not yet.
func Assortment() product.Assortment {
	restock := Now().AddDate(0, 0, 9)
	draft := func(id, title, category string, dollars int64) product.Draft {
		return product.Draft{
			ID: "prd_" + id, Slug: "slug-" + id, Title: title, Description: title + " is made to be used every day.",
			DescriptionHTML: "<p>" + title + "</p>", Status: product.Published, BrandID: "brd_kvarta", CategoryID: category,
			SellerID: "usr_sam", Tags: []string{"gift"}, Images: []catalogue.Image{image(id)}, CreatedAt: Now().AddDate(0, 0, -int(dollars)),
			Variants: []product.VariantDraft{{
				ID: "var_" + id + "1", SKU: "SKU-" + id + "-1", WeightGrams: 300,
				Prices: map[string]int64{"USD": dollars * 100, "EUR": dollars * 90},
			}},
		}
	}
	a := draft("a", "Aurora Headphones", "cat_headphones", 60)
	a.Subtitle, a.FeaturedRank, a.BrandID = "Wireless", 1, "brd_fernlyd"
	a.Specifications = []catalogue.SpecificationGroup{{Name: "Power", Items: []catalogue.Specification{{Key: "battery_life", Name: "Battery life", Value: "45", Unit: "h"}, {Key: "charging", Name: "Charging", Value: "USB-C"}}}}
	a.Options = []catalogue.Option{{Name: "Colour", Values: []catalogue.OptionValue{{Value: "Moss", SwatchHex: "#556b2f"}, {Value: "Chalk", SwatchHex: "#f5f5f0"}}}}
	a.Images = append(a.Images, image("a-side"))
	a.Variants = []product.VariantDraft{
		{
			ID: "var_a1", SKU: "SKU-a-1", Title: "Moss", Options: []catalogue.SelectedOption{{Name: "Colour", Value: "Moss"}}, Image: image("a-moss"), WeightGrams: 254, Barcode: "2000000000015",
			Prices: map[string]int64{"USD": 5900, "EUR": 5500, "JPY": 8800}, CompareAt: map[string]int64{"USD": 6900, "EUR": 6500},
		},
		{
			ID: "var_a2", SKU: "SKU-a-2", Title: "Chalk", Options: []catalogue.SelectedOption{{Name: "Colour", Value: "Chalk"}}, WeightGrams: 255,
			Prices: map[string]int64{"USD": 6400, "EUR": 6000},
		},
	}
	b := draft("b", "Bounce Headphones", "cat_headphones", 30)
	b.FeaturedRank = 2
	e := draft("e", "Everyday Pan", "cat_kitchen", 80)
	e.Translations = catalogue.Translations{"de": {Title: "Alltagspfanne"}}
	d := draft("d", "Dapper Mug", "cat_kitchen", 12)
	d.Variants[0].RestockAt = restock
	f, g := draft("f", "Former Mug", "cat_kitchen", 15), draft("g", "Grand Mug", "cat_kitchen", 16)
	f.Status, g.Status = product.Archived, product.Unpublished
	return product.Assortment{
		Categories: []product.CategoryDraft{
			{ID: "cat_audio", Slug: "audio", Name: "Audio", Description: "All that sounds.", Image: image("audio")},
			{ID: "cat_kitchen", Slug: "kitchen", Name: "Kitchen", Position: 1},
			{ID: "cat_headphones", ParentID: "cat_audio", Slug: "headphones", Name: "Headphones"},
			{ID: "cat_speakers", ParentID: "cat_audio", Slug: "speakers", Name: "Speakers", Position: 1},
		},
		Brands: []product.BrandDraft{
			{ID: "brd_fernlyd", Slug: "fernlyd", Name: "Fernlyd", Logo: image("fernlyd")}, {ID: "brd_kvarta", Slug: "kvarta", Name: "Kvarta"},
		},
		Products: []product.Draft{a, b, draft("c", "Café Bowl", "cat_kitchen", 20), d, e, f, g},
	}
}

// Volume is n plain products of Assortment's kitchen.
func Volume(n int) []product.Draft {
	drafts := make([]product.Draft, n)
	for i := range drafts {
		id := fmt.Sprintf("v%06d", i)
		drafts[i] = product.Draft{
			ID: "prd_" + id, Slug: "volume-" + id, Title: fmt.Sprintf("Mug number %d", i), Subtitle: "Holds coffee", Status: product.Published,
			Description: "A plain mug, made to be used every day, repaired when it breaks and handed on when you move.", DescriptionHTML: "<p>A mug.</p>",
			BrandID: "brd_kvarta", CategoryID: "cat_kitchen", SellerID: "usr_sam", Tags: []string{"gift", "mug"}, CreatedAt: Now().Add(-time.Duration(i) * time.Minute),
			Images:         []catalogue.Image{image(id)},
			Options:        []catalogue.Option{{Name: "Colour", Values: []catalogue.OptionValue{{Value: "Moss"}, {Value: "Chalk"}, {Value: "Plum"}}}},
			Specifications: []catalogue.SpecificationGroup{{Name: "Size", Items: []catalogue.Specification{{Key: "volume", Name: "Volume", Value: "300", Unit: "ml"}}}},
		}
		for j, colour := range []string{"Moss", "Chalk", "Plum"} {
			drafts[i].Variants = append(drafts[i].Variants, product.VariantDraft{
				ID: fmt.Sprintf("var_%s%d", id, j), SKU: fmt.Sprintf("V-%s-%d", id, j), Title: colour, WeightGrams: 300,
				Options: []catalogue.SelectedOption{{Name: "Colour", Value: colour}},
				Prices:  map[string]int64{"USD": 1000 + int64(i%90)*10, "EUR": 900 + int64(i%90)*9, "JPY": 1500},
			})
		}
	}
	return drafts
}

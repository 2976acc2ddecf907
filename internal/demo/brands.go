package demo

import "cartograph/internal/catalogue"

// Brands are the makers, by name.
func Brands() []Brand {
	var brands []Brand
	for _, m := range makers() {
		brands = append(brands, Brand{
			ID: brandID(m.slug), Slug: m.slug, Name: m.name, Line: m.line, Logo: m.logo(),
			Translations: catalogue.Translations{"de": {Description: germanLines()[m.slug]}},
		})
	}
	return brands
}

// maker is a brand as its author writes it down. The colour is that of its
// logo, and of the light in which its grey things are shown.
type maker struct {
	slug, name, line, colour string
}

func (m maker) logo() string { return "brand-" + m.slug + ".svg" }

func makers() []maker {
	return []maker{
		{"atelier-cremiere", "Atelier Crémière", "Stoneware glazed by hand, in the colours of a dairy.", "#c98a6b"},
		{"bitharbour", "Bitharbour", "Storage and hubs that are boring in the best way.", "#2f6f8f"},
		{"dovelight", "Dovelight", "Lamps that never dazzle.", "#c59b3a"},
		{"fernlyd", "Fernlyd", "Sound from the quiet north: warm, open and repairable.", "#3f4f8f"},
		{"glodlys", "Glödlys", "Small things for long evenings.", "#b5533c"},
		{"kvarta", "Kvarta", "Good audio for half the money.", "#c2477f"},
		{"orrin-and-pine", "Orrin & Pine", "Furniture of solid wood, with screws that you can reach.", "#8a6242"},
		{"pottle-and-rye", "Pottle & Rye", "Kitchen tools to hand down.", "#6b4a3a"},
		{"stitchmoor", "Stitchmoor", "Plain clothes from honest yarn.", "#7a5574"},
		{"tarnhill", "Tarnhill", "Tested on wet hills, mended for life.", "#3c7a6b"},
		{"tastwell", "Tastwell", "Keys, wheels and buttons with the right click.", "#4d6b7c"},
		{"wayfold", "Wayfold", "Bags that pack flat and carry much.", "#5d7250"},
	}
}

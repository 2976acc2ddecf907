package demo

import "cartograph/internal/catalogue"

func clothing() []entry {
	return []entry{
		{
			kind: "tee", brand: "stitchmoor", category: "tops",
			slug: "plain-heavy-tee", title: "Plain Heavy Tee", subtitle: "The last T-shirt to leave the drawer",
			text:   "Heavy cotton knitted in the round, so there are no side seams to twist. Washed before it is cut: the size that you buy is the size that it stays.",
			points: []string{"240 g/m² organic cotton", "Collar that keeps its shape", "Cut straight, for everybody"},
			tags:   words("t-shirt cotton organic basic"),
			specs: []catalogue.SpecificationGroup{
				group("Fabric", spec("Material", "Organic cotton"), spec("Weight", "240", "g/m²"), spec("Washing", "40", "°C")),
			},
			sku: "STI-PLA", cents: 3200, grams: 230, options: options(sizes("S", "M", "L"), colours("Snow", "Navy")),
			stock: []int{70, 82, 95, 101, 64, 3}, ageDays: 480,
		},
		{
			kind: "sweater", brand: "stitchmoor", category: "tops",
			slug: "gansey-wool-jumper", title: "Gansey Wool Jumper", subtitle: "Knitted tight against the wind",
			text:   "A fisherman's pattern on new wool with its grease left in. Front and back are the same, so you cannot put it on the wrong way before six in the morning.",
			points: []string{"100 % new wool", "Mending yarn in the pocket", "Hardly ever needs a wash"},
			tags:   words("jumper sweater wool knitted winter"),
			specs: []catalogue.SpecificationGroup{
				group("Fabric", spec("Material", "Wool"), spec("Gauge", "7"), spec("Washing", "Hand wash")),
			},
			sku: "STI-GAN", cents: 13900, grams: 640, options: options(sizes("S", "M", "L"), colours("Indigo", "Oat")),
			stock: []int{23, 18, 29, 31, 17, 12}, ageDays: 45, rank: 19,
		},
		{
			kind: "sneaker", brand: "stitchmoor", category: "shoes-and-socks",
			slug: "moor-sneaker", title: "Moor Sneaker", subtitle: "Plain shoes with a sole that can be changed",
			text:   "Canvas and cork over natural rubber, stitched and not only glued. Send them in when the sole is through and they come back new.",
			points: []string{"Sole is stitched and replaceable", "Insole of cork", "Laces from recycled cotton"},
			tags:   words("shoes sneaker canvas vegan repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Material", "Canvas, rubber, cork")),
			},
			sku: "STI-MOO", cents: 9900, grams: 780, options: options(sizes("EU 38", "EU 41", "EU 44"), colours("Chalk", "Forest")),
			heavier: map[string]int{"EU 41": 60, "EU 44": 130},
			stock:   []int{26, 14, 38, 27, 19, 2}, ageDays: 80, rank: 20,
		},
		{
			kind: "socks", brand: "stitchmoor", category: "shoes-and-socks",
			slug: "ribbed-socks", title: "Ribbed Socks", subtitle: "Three pairs, so that one is always dry",
			text:   "Merino with a little nylon at heel and toe, where holes begin. Ribs all the way up; they stay up.",
			points: []string{"Set of three pairs", "Merino wool", "Toes linked by hand, no seam"},
			tags:   words("socks merino wool gift"),
			specs: []catalogue.SpecificationGroup{
				group("Fabric", spec("Material", "Wool"), spec("Washing", "40", "°C")),
			},
			sku: "STI-RIB", cents: 2400, grams: 170, options: options(sizes("36–40", "41–45"), colours("Mustard", "Denim")),
			stock: []int{88, 73, 110, 94}, ageDays: 360,
		},
		{
			kind: "beanie", brand: "stitchmoor", category: "accessories",
			slug: "fleet-beanie", title: "Fleet Beanie", subtitle: "Warm ears, no itch",
			text:   "Lambswool inside a double fold, knitted without a seam. One size, because wool is wiser than labels.",
			points: []string{"Lambswool", "Double over the ears", "Knitted in one piece"},
			tags:   words("beanie hat wool winter gift"),
			specs: []catalogue.SpecificationGroup{
				group("Fabric", spec("Material", "Wool"), spec("Washing", "Hand wash")),
			},
			sku: "STI-FLE", cents: 2900, grams: 90, options: options(colours("Rust", "Petrol", "Fog", "Wine")),
			stock: []int{55, 42, 61, 0}, restockDays: 6, ageDays: 210,
		},
		{
			kind: "watch", brand: "stitchmoor", category: "accessories",
			slug: "tide-watch", title: "Tide Watch", subtitle: "Two hands, a date, and a battery for seven years",
			text:   "A steel case thinner than a stack of three coins and sapphire glass above it. The strap changes without tools.",
			points: []string{"Sapphire glass", "Waterproof to 50 m", "Quick-release strap"},
			tags:   words("watch steel sapphire minimal gift"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Diameter", "38", "mm"), spec("Material", "Steel, leather"), spec("Water resistance", "5 bar")),
			},
			sku: "STI-TID", cents: 16900, grams: 58, options: options(option("Strap", "Leather", "Steel mesh"), colours("Navy", "Chalk")),
			extra: map[string]int64{"Steel mesh": 2000}, heavier: map[string]int{"Steel mesh": 25},
			stock: []int{27, 22, 18, 13}, ageDays: 175,
		},
		{
			kind: "sunglasses", brand: "stitchmoor", category: "accessories",
			slug: "bay-sunglasses", title: "Bay Sunglasses", subtitle: "For low sun and high tide",
			text:   "Frames cut from cotton acetate, hinges with five barrels, and lenses that take the glare off water.",
			points: []string{"Polarised, category 3", "Spare screws in the case", "Can be fitted with your own lenses"},
			tags:   words("sunglasses polarised acetate summer"),
			specs: []catalogue.SpecificationGroup{
				group("Lenses", spec("Protection", "UV 400"), spec("Polarised", "Yes")),
				group("Body", spec("Material", "Acetate")),
			},
			sku: "STI-BAY", cents: 8900, was: 10900, grams: 31, options: options(colours("Amber", "Black", "Olive")),
			stock: []int{34, 57, 16}, ageDays: 320, priceDays: 50,
		},
	}
}

package demo

import "cartograph/internal/catalogue"

func bags() []entry {
	return []entry{
		{
			kind: "backpack", brand: "wayfold", category: "backpacks",
			slug: "commuter-20-backpack", title: "Commuter 20 Backpack", subtitle: "A laptop, a lunch and a jacket, in the rain",
			text:   "Opens like a suitcase, stands on its own, and keeps the laptop off the ground. The cloth was a fishing net once, and water runs off it.",
			points: []string{"Fits laptops up to 16 inches", "Hidden pocket against your back", "Straps can be replaced"},
			tags:   words("backpack laptop waterproof recycled commute"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Volume", "20", "l"), spec("Height", "46", "cm")),
				group("Body", spec("Material", "Recycled nylon"), spec("Water resistance", "Rain")),
			},
			sku: "WAY-COM", cents: 10900, grams: 890, options: options(colours("Moss", "Charcoal", "Rust", "Navy")),
			stock: []int{67, 104, 29, 58}, ageDays: 35, rank: 16,
		},
		{
			kind: "backpack", brand: "tarnhill", category: "backpacks",
			slug: "ridge-45-trekking-pack", title: "Ridge 45 Trekking Pack", subtitle: "Five days on your back, and your back does not mind",
			text:   "The frame hangs the load on your hips, and a net keeps the pack off your shirt. Torso length is set with one hand, on the move.",
			points: []string{"Rain cover in the lid", "Fits torsos from 42 to 56 cm", "Mended free of charge, for life"},
			tags:   words("backpack hiking trekking camping repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Volume", "45", "l"), spec("Height", "68", "cm")),
				group("Body", spec("Material", "Nylon 210D"), spec("Water resistance", "Rain cover")),
			},
			sku: "TAR-RID", cents: 19900, grams: 1480, options: options(sizes("S–M", "M–L"), colours("Pine", "Ochre")),
			stock: []int{18, 13, 24, 4}, ageDays: 140,
		},
		{
			kind: "suitcase", brand: "wayfold", category: "luggage-and-bags",
			slug: "carousel-cabin-case", title: "Carousel Cabin Case", subtitle: "Rolls in silence past the queue",
			text:   "A shell that springs back, four wheels on bearings, and a zip that cannot be opened with a pen. All wheels and handles come as spare parts.",
			points: []string{"Fits the overhead locker", "Wheels on ball bearings", "TSA lock"},
			tags:   words("suitcase cabin travel wheels repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Height", "55", "cm"), spec("Volume", "38", "l")),
				group("Body", spec("Material", "Polycarbonate")),
			},
			sku: "WAY-CAR", cents: 17900, was: 19900, grams: 2900, options: options(colours("Lagoon", "Sand", "Graphite", "Wine")),
			stock: []int{35, 28, 52, 11}, ageDays: 250, priceDays: 7,
		},
		{
			kind: "tote", brand: "wayfold", category: "luggage-and-bags",
			slug: "market-tote", title: "Market Tote", subtitle: "Leeks stick out, nothing falls out",
			text:   "Heavy canvas with a flat base and handles long enough for a shoulder in a winter coat. Folds into its own pocket.",
			points: []string{"Organic cotton canvas", "Carries 18 kg", "Washable at forty degrees"},
			tags:   words("tote cotton organic shopping"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Volume", "22", "l")),
				group("Body", spec("Material", "Organic cotton")),
			},
			sku: "WAY-MAR", cents: 3400, grams: 420, options: options(colours("Oat", "Terracotta", "Indigo")),
			stock: []int{130, 85, 92}, ageDays: 520,
		},
		{
			kind: "sling", brand: "wayfold", category: "luggage-and-bags",
			slug: "fold-4-sling", title: "Fold 4 Sling", subtitle: "Telephone, keys, passport, plum",
			text:   "Sits close in a crowd and opens with one hand. Inside is bright, so that you find the keys.",
			points: []string{"Four litres", "Packs flat to the size of a paperback", "Strap swaps sides"},
			tags:   words("sling crossbody travel recycled"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Volume", "4", "l")),
				group("Body", spec("Material", "Recycled nylon"), spec("Water resistance", "Rain")),
			},
			sku: "WAY-FOL", cents: 4900, grams: 240, options: options(colours("Black", "Apricot", "Petrol")),
			stock: []int{76, 44, 39}, ageDays: 50,
		},
		{
			kind: "wallet", brand: "wayfold", category: "luggage-and-bags",
			slug: "crease-wallet", title: "Crease Wallet", subtitle: "Eight cards, some notes, two folds, no lining",
			text:   "Cut from one piece of leather that is tanned with bark, folded and sewn in four places. It will look better in ten years than today.",
			points: []string{"Vegetable-tanned leather", "8 mm thin", "Blocks radio tags"},
			tags:   words("wallet leather slim gift"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Cards", "8")),
				group("Body", spec("Material", "Leather")),
			},
			sku: "WAY-CRE", cents: 5900, grams: 62, options: options(colours("Walnut", "Black", "Forest")),
			stock: []int{63, 88, 21}, ageDays: 340,
		},
	}
}

package demo

import "cartograph/internal/catalogue"

func outdoor() []entry {
	return []entry{
		{
			kind: "tent", brand: "tarnhill", category: "camping",
			slug: "bothy-tent", title: "Bothy Tent", subtitle: "Up in three minutes, in the wind, alone",
			text:   "Poles and flysheet stay together, so the inside is dry before you are. Two doors mean that nobody climbs over anybody at four in the morning.",
			points: []string{"4000 mm of water column", "Two porches", "Repair kit sewn into the bag"},
			tags:   words("tent camping hiking waterproof"),
			specs: []catalogue.SpecificationGroup{
				group("Shelter", spec("Water column", "4000", "mm"), spec("Seasons", "3")),
				group("Body", spec("Material", "Ripstop nylon, aluminium")),
			},
			sku: "TAR-BOT", cents: 34900, grams: 2400, options: options(sizes("2 people", "3 people"), colours("Moss", "Rust")),
			extra: map[string]int64{"3 people": 8000}, heavier: map[string]int{"3 people": 600},
			stock: []int{20, 15, 11, 3}, ageDays: 65, rank: 17,
		},
		{
			kind: "lantern", brand: "tarnhill", category: "camping",
			slug: "firefly-lantern", title: "Firefly Camping Lantern", subtitle: "Candlelight that wind cannot blow out",
			text:   "Warm light from a frosted globe, bright enough to cook by and dim enough to talk by. It charges a telephone if it must.",
			points: []string{"Up to 120 hours", "Rain is fine (IP65)", "Hangs, stands and sticks to steel"},
			tags:   words("lantern camping led rechargeable waterproof"),
			specs: []catalogue.SpecificationGroup{
				group("Light", spec("Brightness", "350", "lm"), spec("Colour temperature", "2200", "K")),
				group("Power", spec("Battery life", "120", "h"), spec("Charging", "USB-C"), spec("Water resistance", "IP65")),
			},
			sku: "TAR-FIR", cents: 5400, grams: 310, options: options(colours("Forest", "Mustard", "Sand")),
			stock: []int{59, 48, 36}, ageDays: 155,
		},
		{
			kind: "bottle", brand: "tarnhill", category: "camping",
			slug: "beck-insulated-bottle", title: "Beck Insulated Bottle", subtitle: "Tea at the summit, still too hot",
			text:   "Two walls of steel with nothing between them. The lid turns half a round, seals for certain, and has no corner that a brush cannot reach.",
			points: []string{"Hot for 12 hours, cold for 24", "Powder coat that does not slip", "Fits bicycle cages"},
			tags:   words("bottle insulated steel hiking office"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Material", "Stainless steel"), spec("Dishwasher", "Lid only")),
			},
			sku: "TAR-BEC", cents: 2900, grams: 290, options: options(sizes("500 ml", "750 ml"), colours("Lagoon", "Honey", "Graphite")),
			extra: map[string]int64{"750 ml": 600}, heavier: map[string]int{"750 ml": 80},
			stock: []int{98, 64, 120, 75, 53, 88}, ageDays: 400, rank: 18,
		},
		{
			kind: "binoculars", brand: "tarnhill", category: "camping",
			slug: "kestrel-8x32-binoculars", title: "Kestrel 8×32 Binoculars", subtitle: "Light enough to be there when the bird is",
			text:   "Eightfold and steady in the hand, bright until the last of dusk. Filled with nitrogen, so they never fog from inside.",
			points: []string{"Focus from 1.5 m", "Works with glasses", "Rubber that stays grippy when wet"},
			tags:   words("binoculars birding hiking waterproof"),
			specs: []catalogue.SpecificationGroup{
				group("Optics", spec("Magnification", "8", "×"), spec("Objective", "32", "mm"), spec("Close focus", "1.5", "m")),
				group("Body", spec("Material", "Magnesium, rubber"), spec("Water resistance", "IPX7")),
			},
			sku: "TAR-KES", cents: 22900, grams: 510, options: options(colours("Olive", "Black")),
			stock: []int{17, 24}, ageDays: 225,
		},
		{
			kind: "helmet", brand: "tarnhill", category: "sport",
			slug: "crag-bike-helmet", title: "Crag Bike Helmet", subtitle: "Deep at the back, light on top",
			text:   "A liner that slips a little takes the twist out of a fall. The buckle closes by magnet with gloves on, and the visor goes up for goggles.",
			points: []string{"Rotation-damping liner", "Sixteen vents", "We replace it once, free, after a crash"},
			tags:   words("helmet bike safety mountain-bike"),
			specs: []catalogue.SpecificationGroup{
				group("Safety", spec("Standard", "EN 1078"), spec("Vents", "16")),
			},
			sku: "TAR-CRA", cents: 11900, grams: 340, options: options(sizes("S", "M", "L"), colours("Coral", "Slate")),
			heavier: map[string]int{"M": 20, "L": 40},
			stock:   []int{14, 19, 33, 41, 22, 5}, ageDays: 115,
		},
		{
			kind: "mat", brand: "tarnhill", category: "sport",
			slug: "still-yoga-mat", title: "Still Yoga Mat", subtitle: "Does not slide, does not smell",
			text:   "Natural rubber on cork. The more you sweat the better it grips, and it rolls out flat on the first day.",
			points: []string{"Cork above, rubber beneath", "183 × 66 cm", "Strap included"},
			tags:   words("yoga mat cork natural fitness"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Thickness", "5", "mm"), spec("Length", "183", "cm")),
				group("Body", spec("Material", "Cork, natural rubber")),
			},
			sku: "TAR-STI", cents: 7900, grams: 2400, options: options(colours("Sage", "Plum", "Sand")),
			stock: []int{46, 30, 37}, ageDays: 275,
		},
	}
}

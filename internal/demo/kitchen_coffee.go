package demo

import "cartograph/internal/catalogue"

// coffee is the category coffee and tea, with its cups.
func coffee() []entry {
	return []entry{
		{
			kind: "kettle", brand: "pottle-and-rye", category: "coffee-and-tea",
			slug: SlugSoldOut, title: "Ember Gooseneck Kettle", subtitle: "Pours as slowly as you think",
			text:   "Set the degree, and Ember holds it for an hour. The spout was bent by hand nineteen times until the stream neither broke nor splashed.",
			points: []string{"From 40 to 100 °C in steps of one", "0.9 litres in four minutes", "Handle of turned walnut"},
			tags:   words("kettle pour-over electric temperature-control coffee tea"),
			specs: []catalogue.SpecificationGroup{
				group("Heating", spec("Power", "1200", "W"), spec("Temperature", "40–100", "°C")),
				group("Body", spec("Capacity", "0.9", "l"), spec("Material", "Stainless steel")),
			},
			sku: "POT-EMB", cents: 12900, grams: 1150, options: options(colours("Matte Black", "Snow", "Copper")),
			stock: []int{0, 0, 0}, restockDays: 14, ageDays: 85, rank: 5,
		},
		{
			kind: "kettle", brand: "pottle-and-rye", category: "coffee-and-tea",
			slug: "hob-whistling-kettle", title: "Hob Whistling Kettle", subtitle: "Sings in a third, not a shriek",
			text:   "A broad base for a quick boil, enamel that wipes clean, and a whistle tuned by somebody who plays the flute. Works on every hob, induction as well.",
			points: []string{"2.2 litres", "Two coats of enamel on steel", "Spare whistles to be had for ever"},
			tags:   words("kettle enamel induction tea"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Capacity", "2.2", "l"), spec("Material", "Enamelled steel"), spec("Induction", "Yes")),
			},
			sku: "POT-HOB", cents: 6900, grams: 1400, options: options(colours("Crème", "Sage", "Terracotta", "Navy")),
			stock: []int{38, 29, 45, 17}, ageDays: 500,
		},
		{
			kind: "frenchpress", brand: "pottle-and-rye", category: "coffee-and-tea",
			slug: "cafe-noir-french-press", title: "Café Noir French Press", subtitle: "Full body, no grit",
			text:   "Two meshes and a ring of silicone keep the grounds where they belong. The beaker is borosilicate glass and can be bought alone, because beakers break.",
			points: []string{"Double filter", "Frame of steel with a cork foot", "Dishwasher safe"},
			tags:   words("café coffee french-press glass"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Material", "Glass, steel, cork")),
			},
			sku: "POT-CAF", cents: 4400, grams: 720, options: options(sizes("350 ml", "1 l"), colours("Black", "Copper")),
			extra: map[string]int64{"1 l": 1200}, heavier: map[string]int{"1 l": 380},
			stock: []int{52, 31, 60, 4}, ageDays: 350,
		},
		{
			kind: "grinder", brand: "pottle-and-rye", category: "coffee-and-tea",
			slug: "miller-hand-grinder", title: "Miller Hand Grinder", subtitle: "Forty turns to a cup",
			text:   "Steel burrs on two bearings grind evenly from Turkish to French press. Thirty-six clicks, each of which you can feel and find again.",
			points: []string{"38 mm conical burrs", "Holds 25 g", "Comes apart without tools"},
			tags:   words("coffee grinder manual travel"),
			specs: []catalogue.SpecificationGroup{
				group("Grinding", spec("Burr", "38", "mm"), spec("Settings", "36")),
				group("Body", spec("Capacity", "25", "g"), spec("Material", "Aluminium, beech")),
			},
			sku: "POT-MIL", cents: 8900, grams: 540, options: options(colours("Silver", "Black", "Forest")),
			stock: []int{43, 56, 19}, ageDays: 145,
		},
		{
			kind: "teapot", brand: "atelier-cremiere", category: "coffee-and-tea",
			slug: "matinee-teapot", title: "Matinée Teapot", subtitle: "Two big cups and not one drip",
			text:   "The spout is cut sharp before the glaze, which is the whole secret. A basket of fine steel lifts out when the tea is ready.",
			points: []string{"Holds 750 ml", "Glazed inside and out", "Lid stays on when you pour"},
			tags:   words("tea teapot stoneware handmade"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Capacity", "0.75", "l"), spec("Material", "Stoneware"), spec("Dishwasher", "Yes")),
			},
			sku: "CRE-MAT", cents: 5400, grams: 830, options: options(colours("Crème", "Petrol", "Rosé")),
			stock: []int{33, 24, 28}, ageDays: 270,
		},
		{
			kind: "mug", brand: "atelier-cremiere", category: "tableware",
			slug: "creme-stoneware-mug", title: "Crème Stoneware Mug", subtitle: "The one that everybody reaches for first",
			text:   "Thick where you hold it and thin where you drink. Each is dipped by hand, so the line of the glaze is nobody else's.",
			points: []string{"320 ml, fits under most machines", "Dishwasher and microwave safe", "The handle takes three fingers"},
			tags:   words("mug stoneware handmade café coffee gift"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Capacity", "0.32", "l"), spec("Material", "Stoneware"), spec("Dishwasher", "Yes")),
			},
			sku: "CRE-MUG", cents: 1800, grams: 360, options: options(colours("Crème", "Sage", "Terracotta", "Sky", "Plum")),
			stock: []int{210, 164, 133, 98, 76}, ageDays: 600, rank: 2,
		},
		{
			kind: "bowl", brand: "atelier-cremiere", category: "tableware",
			slug: "cafe-au-lait-bowls", title: "Café au Lait Bowls", subtitle: "Breakfast bowls for both hands",
			text:   "Wide enough for a croissant, deep enough for soup. They stack without scraping, and the foot is ground smooth for the table's sake.",
			points: []string{"Sets of two or four", "480 ml each", "Dishwasher and microwave safe"},
			tags:   words("café bowl stoneware breakfast handmade"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Capacity", "0.48", "l"), spec("Material", "Stoneware"), spec("Dishwasher", "Yes")),
			},
			sku: "CRE-BOL", cents: 3200, grams: 820, options: options(option("Set", "Set of 2", "Set of 4"), colours("Blush", "Denim")),
			extra: map[string]int64{"Set of 4": 2600}, heavier: map[string]int{"Set of 4": 820},
			stock: []int{48, 35, 26, 22}, ageDays: 320,
		},
		{
			kind: "ramekin", brand: "atelier-cremiere", category: "tableware",
			slug: "creme-brulee-ramekins", title: "Crème Brûlée Ramekins", subtitle: "Four small dishes that like a flame",
			text:   "Wide and shallow for the most crust to the spoon. From the freezer to the torch without a crack, and on other days they hold olives.",
			points: []string{"Set of four", "Oven safe to 260 °C", "Recipe inside the lid"},
			tags:   words("crème-brûlée dessert baking stoneware gift"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Capacity", "0.14", "l"), spec("Material", "Stoneware"), spec("Oven", "260", "°C")),
			},
			sku: "CRE-RAM", cents: 2600, was: 3200, grams: 940, options: options(colours("Snow", "Brick")),
			stock: []int{57, 44}, ageDays: 230, priceDays: 25,
		},
	}
}

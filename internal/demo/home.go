package demo

import "cartograph/internal/catalogue"

func home() []entry {
	return []entry{
		{
			kind: "lamp", brand: "dovelight", category: "lamps",
			slug: SlugPriceMoved, title: "Linna Desk Lamp", subtitle: "Light on the page, none in the eye",
			text:   "Two springs and three joints hold Linna wherever you leave her. The light source sits deep in the shade and renders colours as noon does.",
			points: []string{"Dims without steps, 2200 to 4000 K", "CRI above 97", "Clamp and foot included"},
			tags:   words("lamp desk led dimmable office"),
			specs: []catalogue.SpecificationGroup{
				group("Light", spec("Brightness", "820", "lm"), spec("Colour temperature", "2200–4000", "K"), spec("Colour rendering", "97", "CRI")),
				group("Body", spec("Material", "Steel, aluminium"), spec("Reach", "86", "cm")),
			},
			sku: "DOV-LIN", cents: 11900, was: 14900, grams: 2300, options: options(colours("Mustard", "Petrol", "Chalk", "Black")),
			stock: []int{39, 27, 45, 61}, ageDays: 210, priceDays: 1, rank: 8,
		},
		{
			kind: "pendant", brand: "dovelight", category: "lamps",
			slug: "bell-pendant-lamp", title: "Bell Pendant Lamp", subtitle: "Hangs low over a table and gathers people",
			text:   "Spun from one sheet of metal and lacquered white inside, so the light comes back warm. Three metres of cloth cable, to be cut where you like it.",
			points: []string{"For E27 bulbs up to 60 W", "3 m of cable", "Canopy hides two hooks"},
			tags:   words("lamp pendant dining metal"),
			specs: []catalogue.SpecificationGroup{
				group("Light", spec("Socket", "E27")),
				group("Body", spec("Material", "Aluminium"), spec("Cable length", "3", "m")),
			},
			sku: "DOV-BEL", cents: 9900, grams: 1200, options: options(sizes("28 cm", "40 cm"), colours("Brass", "Forest", "Blush")),
			extra: map[string]int64{"40 cm": 4000}, heavier: map[string]int{"40 cm": 900},
			stock: []int{24, 31, 16, 11, 14, 5}, ageDays: 310,
		},
		{
			kind: "floorlamp", brand: "dovelight", category: "lamps",
			slug: "heron-floor-lamp", title: "Heron Floor Lamp", subtitle: "Stands on three legs and looks over your shoulder",
			text:   "A shade of linen on a tripod of ash. The switch is on the cable where your foot finds it, and the foot dims it too.",
			points: []string{"Foot dimmer", "Linen shade, washable", "Goes together in five minutes"},
			tags:   words("lamp floor reading wood linen dimmable"),
			specs: []catalogue.SpecificationGroup{
				group("Light", spec("Socket", "E27"), spec("Dimmable", "Yes")),
				group("Body", spec("Material", "Ash, linen"), spec("Height", "148", "cm")),
			},
			sku: "DOV-HER", cents: 17900, grams: 4200, options: options(colours("Linen", "Ochre", "Slate")),
			stock: []int{18, 13, 20}, ageDays: 120,
		},
		{
			kind: "candle", brand: "glodlys", category: "decor",
			slug: "forest-floor-candle", title: "Forest Floor Candle", subtitle: "Moss, cedar and a little rain",
			text:   "Rapeseed wax poured in small batches into a glass that becomes a tumbler. Burns clean for two evenings a week from October to March.",
			points: []string{"50 hours", "Cotton wick, no paraffin", "The label comes off in warm water"},
			tags:   words("candle scent gift vegan"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Burning time", "50", "h"), spec("Material", "Rapeseed wax, glass"), spec("Scent", "Moss and cedar")),
			},
			sku: "GLO-FOR", cents: 2800, grams: 480, options: options(colours("Moss", "Amber", "Plum")),
			stock: []int{90, 82, 47}, ageDays: 100,
		},
		{
			kind: "vase", brand: "glodlys", category: "decor",
			slug: "halvmane-vase", title: "Halvmåne Vase", subtitle: "Looks finished with a single branch",
			text:   "A vase with a narrow neck and a wide shoulder, thrown in two halves and joined. Holds one tulip upright or seven leaning.",
			points: []string{"24 cm high", "Watertight stoneware", "Felt under the foot"},
			tags:   words("vase stoneware handmade flowers"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Height", "24", "cm"), spec("Material", "Stoneware")),
			},
			sku: "GLO-HAL", cents: 4900, grams: 1100, options: options(colours("Terracotta", "Chalk", "Petrol")),
			stock: []int{26, 34, 15}, ageDays: 170,
		},
		{
			kind: "clock", brand: "glodlys", category: "decor",
			slug: "stille-wall-clock", title: "Stille Wall Clock", subtitle: "Tells the time and nothing else",
			text:   "The movement sweeps, so there is no tick to lie awake to. A face without numbers teaches children faster than you would think.",
			points: []string{"Silent sweep movement", "30 cm across", "Runs two years on one AA cell"},
			tags:   words("clock wall silent"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Diameter", "30", "cm"), spec("Material", "Powder-coated steel"), spec("Movement", "Silent quartz")),
			},
			sku: "GLO-STI", cents: 5900, grams: 790, options: options(colours("Sage", "Brick", "Charcoal")),
			stock: []int{32, 25, 40}, ageDays: 440,
		},
		{
			kind: "cushion", brand: "glodlys", category: "decor",
			slug: "ull-wool-cushion", title: "Ull Wool Cushion", subtitle: "Woven thick, for leaning on",
			text:   "Wool from two valleys, dyed in the yarn and woven with a raised stripe. The cover opens all the way and washes at thirty degrees.",
			points: []string{"Cover of new wool", "Filled with feathers", "Zip that does not scratch"},
			tags:   words("cushion wool sofa soft"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Material", "Wool"), spec("Filling", "Feathers"), spec("Washing", "30", "°C")),
			},
			sku: "GLO-ULL", cents: 5400, grams: 900, options: options(sizes("45 × 45 cm", "60 × 40 cm"), colours("Ochre", "Denim", "Oat")),
			extra: map[string]int64{"60 × 40 cm": 600},
			stock: []int{36, 41, 50, 22, 19, 27}, ageDays: 130,
		},
		{
			kind: "planter", brand: "glodlys", category: "decor",
			slug: "verde-self-watering-planter", title: "Verde Self-Watering Planter", subtitle: "Forgives a fortnight's holiday",
			text:   "Water waits in the foot and climbs through a wick at the pace the plant drinks. A small float shows how much is left.",
			points: []string{"Waters for up to three weeks", "Recycled plastic with the grain of clay", "Plant not included, sorry"},
			tags:   words("planter plant self-watering recycled"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Diameter", "22", "cm"), spec("Capacity", "1.6", "l"), spec("Material", "Recycled plastic")),
			},
			sku: "GLO-VER", cents: 3400, grams: 850, options: options(colours("Clay", "Fog", "Mustard")),
			stock: []int{72, 58, 33}, ageDays: 90,
		},
	}
}

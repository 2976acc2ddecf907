package demo

import "cartograph/internal/catalogue"

func cookware() []entry {
	return []entry{
		{
			kind: "pan", brand: "pottle-and-rye", category: "cookware",
			slug: "anvil-cast-iron-pan", title: "Anvil Cast-Iron Pan", subtitle: "Turned smooth inside, as they used to be",
			text:   "We cast it rough and then turn the inside until an egg slides. Seasoned three times with linseed oil; the rest is up to your bacon.",
			points: []string{"For every hob, the oven and the fire", "Two lips to pour from", "A third lighter than it looks"},
			tags:   words("cast-iron pan induction oven campfire"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Material", "Cast iron"), spec("Induction", "Yes"), spec("Oven", "300", "°C")),
			},
			sku: "POT-ANV", cents: 5900, grams: 1700, options: options(sizes("20 cm", "26 cm", "30 cm")),
			extra: map[string]int64{"26 cm": 2000, "30 cm": 3500}, heavier: map[string]int{"26 cm": 600, "30 cm": 1150},
			stock: []int{42, 58, 15}, ageDays: 700, rank: 13,
		},
		{
			kind: "pot", brand: "pottle-and-rye", category: "cookware",
			slug: "sunday-braising-pot", title: "Sunday Braising Pot", subtitle: "Puts dinner in the oven and you in the garden",
			text:   "Heavy iron under three coats of enamel. Drops of steam gather on the studs of the lid and rain back on the roast, which is all there is to it.",
			points: []string{"Enamel that does not stain", "Knob of steel, safe to 260 °C", "Guaranteed for thirty years"},
			tags:   words("cast-iron pot enamel induction braising bread"),
			specs: []catalogue.SpecificationGroup{
				group("Body", spec("Material", "Enamelled cast iron"), spec("Induction", "Yes"), spec("Oven", "260", "°C")),
			},
			sku: "POT-SUN", cents: 18900, grams: 4300, options: options(sizes("4 l", "6 l"), colours("Brick", "Petrol", "Crème")),
			extra: map[string]int64{"6 l": 5000}, heavier: map[string]int{"6 l": 1300},
			stock: []int{21, 18, 12, 9, 7, 2}, ageDays: 420,
		},
		{
			kind: "knife", brand: "pottle-and-rye", category: "cookware",
			slug: "edge-chefs-knife", title: "Edge Chef's Knife", subtitle: "Sharp out of the box, sharp in a year",
			text:   "Twenty centimetres of stainless steel, ground thin behind the edge so that carrots fall instead of cracking. Send it back once a year and we sharpen it for nothing.",
			points: []string{"58 HRC stainless steel", "Full tang with brass rivets", "Free sharpening"},
			tags:   words("knife steel chef sharpening"),
			specs: []catalogue.SpecificationGroup{
				group("Blade", spec("Length", "20", "cm"), spec("Hardness", "58", "HRC"), spec("Material", "Stainless steel")),
			},
			sku: "POT-EDG", cents: 9900, grams: 210, options: options(swatches("Handle", "Walnut", "Oak", "Black")),
			stock: []int{66, 31, 47}, ageDays: 190,
		},
	}
}

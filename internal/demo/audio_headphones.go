package demo

import "cartograph/internal/catalogue"

// headphones are what is worn on or in the ear.
func headphones() []entry {
	return []entry{
		{
			kind: "headphones", brand: "fernlyd", category: "headphones",
			slug: SlugFiveLeft, title: "Aurora ANC Headphones", subtitle: "Wireless over-ear headphones that turn a train into a library",
			text:   "Aurora listens to the world with six microphones and takes it away. What is left is your music, with a low end that is felt rather than heard and voices that stay in front.\n\nCushions, headband and battery come off with one screw each, and we keep spares for ten years.",
			points: []string{"Adaptive noise cancelling with three strengths", "45 hours on a charge, five hours after ten minutes", "Two devices at once, and a cable for flights"},
			tags:   words("wireless noise-cancelling bluetooth travel repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "40", "mm"), spec("Frequency response", "8–40,000", "Hz"), spec("Noise cancelling", "Adaptive")),
				group("Connection", spec("Connectivity", "Bluetooth 5.4"), spec("Codecs", "LDAC, AAC, SBC")),
				group("Power", spec("Battery life", "45", "h"), spec("Charging", "USB-C")),
			},
			sku: "FER-AUR", cents: 27900, grams: 254, options: options(colours("Midnight", "Chalk", "Moss", "Rosé")),
			stock: []int{84, 46, 5, 31}, ageDays: 40, rank: 1,
		},
		{
			kind: "headphones", brand: "fernlyd", category: "headphones",
			slug: "fjell-studio-headphones", title: "Fjell Studio Headphones", subtitle: "Closed-back reference headphones for long sessions",
			text:   "Flat, honest and comfortable. Fjell tells you what is on the recording, including the chair that creaked in bar nine.\n\nThe velour pads stay cool, the cable locks on either side, and every part can be ordered alone.",
			points: []string{"Closed back, so that nothing leaks into the microphone", "Detachable 3 m cable with 6.3 mm adapter", "Five-year guarantee"},
			tags:   words("wired studio mixing closed-back repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "45", "mm"), spec("Frequency response", "5–35,000", "Hz"), spec("Impedance", "80", "Ω")),
				group("Connection", spec("Connectivity", "Cable"), spec("Cable length", "3", "m")),
			},
			sku: "FER-FJE", cents: 18900, grams: 276, options: options(colours("Black", "Oat")),
			stock: []int{58, 22}, ageDays: 410,
		},
		{
			kind: "headphones", brand: "kvarta", category: "headphones",
			slug: "bounce-wireless-headphones", title: "Bounce Wireless Headphones", subtitle: "Light on-ear headphones for every day",
			text:   "Bounce weighs less than an apple, folds into a coat pocket and lasts a working week. It is the pair that you lend without worrying.",
			points: []string{"60 hours of music", "Folds flat", "A real button for everything, no swiping"},
			tags:   words("wireless bluetooth on-ear foldable gift"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "32", "mm"), spec("Noise cancelling", "None")),
				group("Connection", spec("Connectivity", "Bluetooth 5.3"), spec("Codecs", "AAC, SBC")),
				group("Power", spec("Battery life", "60", "h"), spec("Charging", "USB-C")),
			},
			sku: "KVA-BOU", cents: 5900, was: 6900, grams: 148, options: options(colours("Coral", "Sky", "Lilac", "Charcoal", "Mint")),
			stock: []int{120, 96, 71, 140, 3}, ageDays: 220, priceDays: 18, rank: 9,
		},
		{
			kind: "headphones", brand: "kvarta", category: "headphones",
			slug: "little-band-kids-headphones", title: "Little Band Kids' Headphones", subtitle: "Loud enough for songs, never too loud for ears",
			text:   "A limit of 85 decibels is built into the electronics, not into an app, so nobody can switch it off on the back seat. The band bends in a circle and comes back.",
			points: []string{"Limited to 85 dB", "A second socket, so that two can listen", "Stickers included"},
			tags:   words("kids wired volume-limited gift"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "30", "mm"), spec("Loudness limit", "85", "dB")),
				group("Connection", spec("Connectivity", "Cable"), spec("Cable length", "1.2", "m")),
			},
			sku: "KVA-LIT", cents: 2900, grams: 132, options: options(colours("Honey", "Lagoon")),
			stock: []int{64, 49}, ageDays: 300,
		},
		{
			kind: "headphones", brand: "fernlyd", category: "headphones",
			slug: "vidde-open-back-headphones", title: "Vidde Open-Back Headphones", subtitle: "As if the band had the room next door",
			text:   "Open cups let air and sound pass, and the stage grows past your shoulders. Made for an armchair and a quiet evening; your neighbour on the bus will not thank you.",
			points: []string{"Planar magnetic drivers", "Frame of beech and aluminium", "Balanced cable included"},
			tags:   words("wired open-back audiophile planar wood"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "90", "mm"), spec("Frequency response", "6–50,000", "Hz"), spec("Impedance", "32", "Ω")),
				group("Connection", spec("Connectivity", "Cable"), spec("Cable length", "1.8", "m")),
			},
			sku: "FER-VID", cents: 44900, grams: 365, options: options(colours("Walnut", "Oak")),
			stock: []int{12, 4}, ageDays: 95, rank: 14,
		},
		{
			kind: "earbuds", brand: "fernlyd", category: "earbuds",
			slug: "dugg-anc-earbuds", title: "Dugg ANC Earbuds", subtitle: "Noise-cancelling earbuds the size of a drop of dew",
			text:   "Four sizes of tip, one of which is yours. Dugg checks the fit with a short tone and then goes quiet, and so does the street.",
			points: []string{"8 hours, 32 with the case", "Rain and sweat are fine (IP55)", "The case's battery can be replaced"},
			tags:   words("wireless noise-cancelling bluetooth in-ear waterproof"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "10", "mm"), spec("Noise cancelling", "Adaptive")),
				group("Connection", spec("Connectivity", "Bluetooth 5.4"), spec("Water resistance", "IP55")),
				group("Power", spec("Battery life", "8", "h"), spec("With case", "32", "h")),
			},
			sku: "FER-DUG", cents: 15900, grams: 52, options: options(colours("Snow", "Petrol", "Black")),
			stock: []int{77, 38, 102}, ageDays: 60, rank: 6,
		},
		{
			kind: "earbuds", brand: "kvarta", category: "earbuds",
			slug: "pebble-sport-earbuds", title: "Pebble Sport Earbuds", subtitle: "They stay in when you fall off the board",
			text:   "A soft hook holds on to the ear and a rubber button can be pressed with gloves. Rinse them under the tap when the run is over.",
			points: []string{"Open fit lets traffic through", "10 hours on a charge", "Survives a metre of water (IP67)"},
			tags:   words("wireless sport running waterproof bluetooth"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Driver size", "12", "mm"), spec("Noise cancelling", "None")),
				group("Connection", spec("Connectivity", "Bluetooth 5.3"), spec("Water resistance", "IP67")),
				group("Power", spec("Battery life", "10", "h")),
			},
			sku: "KVA-PEB", cents: 6900, grams: 48, options: options(colours("Mint", "Coral", "Slate")),
			stock: []int{53, 0, 66}, restockDays: 9, ageDays: 150,
		},
		{
			kind: "player", brand: "kvarta", category: "earbuds",
			slug: SlugArchived, title: "Pip Clip Music Player", subtitle: "A music player that clips to a sleeve",
			text:   "Pip held two thousand songs and no messages. We stopped making it when the last screen maker did; spare clips are still to be had.",
			points: []string{"Weighs 21 g", "Knows no internet"},
			tags:   words("player clip running retired"),
			specs: []catalogue.SpecificationGroup{
				group("Memory", spec("Storage", "16", "GB")),
				group("Power", spec("Battery life", "18", "h"), spec("Charging", "USB-C")),
			},
			sku: "KVA-PIP", cents: 4900, grams: 21, options: options(colours("Lagoon", "Amber")),
			stock: []int{0, 0}, ageDays: 900, archived: true,
		},
	}
}

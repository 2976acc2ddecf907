package demo

import "cartograph/internal/catalogue"

// speakers are what fills a room, and what is recorded in it.
func speakers() []entry {
	return []entry{
		{
			kind: "speaker", brand: "fernlyd", category: "speakers",
			slug: "stue-bookshelf-speakers", title: "Stue Bookshelf Speakers", subtitle: "A pair of active speakers for the living room",
			text:   "Two drivers, two amplifiers and a wooden box a side: that is all it takes if each is done well. Stue plays from a turntable, a television or a telephone and needs no account.",
			points: []string{"60 W a side", "Phono, optical, HDMI ARC and Bluetooth", "Grilles held by magnets"},
			tags:   words("active bluetooth hi-fi wood pair"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Power", "2 × 60", "W"), spec("Frequency response", "46–22,000", "Hz")),
				group("Connection", spec("Connectivity", "Bluetooth 5.3"), spec("Inputs", "Phono, optical, HDMI ARC")),
				group("Size", spec("Height", "284", "mm"), spec("Width", "168", "mm")),
			},
			sku: "FER-STU", cents: 49900, grams: 9400, options: options(colours("Oak", "Walnut", "Black")),
			stock: []int{19, 14, 26}, ageDays: 130, rank: 7,
		},
		{
			kind: "portable", brand: "kvarta", category: "speakers",
			slug: "tumble-portable-speaker", title: "Tumble Portable Speaker", subtitle: "A Bluetooth speaker that floats, face up",
			text:   "Tumble has a rope, rubber corners and a bass that belongs to a bigger box. It takes sand, soup and the deep end of the pool.",
			points: []string{"24 hours of music", "Waterproof and dustproof (IP68)", "Two of them make a stereo pair"},
			tags:   words("bluetooth waterproof portable outdoor party"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Power", "25", "W"), spec("Frequency response", "60–20,000", "Hz")),
				group("Connection", spec("Connectivity", "Bluetooth 5.3"), spec("Water resistance", "IP68")),
				group("Power", spec("Battery life", "24", "h"), spec("Charging", "USB-C")),
			},
			sku: "KVA-TUM", cents: 8900, was: 10900, grams: 620, options: options(colours("Coral", "Lagoon", "Mustard", "Charcoal")),
			stock: []int{88, 73, 41, 115}, ageDays: 190, priceDays: 30, rank: 4,
		},
		{
			kind: "radio", brand: "fernlyd", category: "speakers",
			slug: "kveld-table-radio", title: "Kveld Table Radio", subtitle: "One knob for the news, one for the volume",
			text:   "Kveld wakes you gently, plays DAB+, FM and whatever your telephone sends, and has a display that goes dark when the room does.",
			points: []string{"DAB+, FM and Bluetooth", "Two alarms that grow louder slowly", "Handle of vegetable-tanned leather"},
			tags:   words("radio bluetooth bedside alarm kitchen"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Power", "12", "W")),
				group("Connection", spec("Connectivity", "Bluetooth 5.2"), spec("Tuner", "DAB+, FM")),
			},
			sku: "FER-KVE", cents: 14900, grams: 1350, options: options(colours("Crème", "Sage", "Brick")),
			stock: []int{34, 27, 2}, ageDays: 260,
		},
		{
			kind: "soundbar", brand: "kvarta", category: "speakers",
			slug: "longline-soundbar", title: "Longline Soundbar", subtitle: "Voices you can follow, at midnight, at low volume",
			text:   "One cable to the television and the remote that you have already. A centre driver of its own keeps dialogue clear when the helicopters come.",
			points: []string{"HDMI eARC with its cable", "Night and speech modes", "Hangs or stands"},
			tags:   words("television soundbar hdmi bluetooth"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Power", "120", "W"), spec("Channels", "3.1")),
				group("Connection", spec("Connectivity", "Bluetooth 5.2"), spec("Inputs", "HDMI eARC, optical")),
				group("Size", spec("Width", "890", "mm"), spec("Height", "62", "mm")),
			},
			sku: "KVA-LON", cents: 19900, grams: 3200, options: options(colours("Charcoal", "Fog")),
			stock: []int{37, 20}, ageDays: 330,
		},
		{
			kind: "turntable", brand: "fernlyd", category: "hi-fi-and-studio",
			slug: "runde-turntable", title: "Runde Turntable", subtitle: "Belt drive, set up at the works, playing in ten minutes",
			text:   "The arm is balanced and the cartridge aligned before Runde is packed, so the first record needs no tools. The preamplifier inside can be switched out on the day you outgrow it.",
			points: []string{"33⅓ and 45 turns", "Moving-magnet cartridge fitted", "Plinth of real wood"},
			tags:   words("vinyl record belt-drive hi-fi wood"),
			specs: []catalogue.SpecificationGroup{
				group("Drive", spec("Drive", "Belt"), spec("Speeds", "33⅓, 45", "rpm"), spec("Wow and flutter", "0.12", "%")),
				group("Connection", spec("Connectivity", "Cable"), spec("Preamplifier", "Built in, switchable")),
			},
			sku: "FER-RUN", cents: 32900, grams: 5600, options: options(colours("Walnut", "Chalk")),
			stock: []int{16, 21}, ageDays: 75, rank: 11,
		},
		{
			kind: "microphone", brand: "fernlyd", category: "hi-fi-and-studio",
			slug: "ordet-usb-microphone", title: "Ordet USB Microphone", subtitle: "For podcasts, calls and the song that cannot wait",
			text:   "A large capsule, a stand with weight and a dial that mutes when pressed. Plug it in and talk; there is nothing to install.",
			points: []string{"Cardioid capsule, 24 mm", "Headphones can be plugged in to listen", "Pop filter and stand included"},
			tags:   words("usb podcast recording streaming studio"),
			specs: []catalogue.SpecificationGroup{
				group("Sound", spec("Pattern", "Cardioid"), spec("Sample rate", "96", "kHz"), spec("Depth", "24", "bit")),
				group("Connection", spec("Connectivity", "USB-C")),
			},
			sku: "FER-ORD", cents: 11900, grams: 540, options: options(colours("Black", "Silver", "Wine")),
			stock: []int{62, 40, 18}, ageDays: 180,
		},
	}
}

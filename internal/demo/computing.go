package demo

import "cartograph/internal/catalogue"

func computing() []entry {
	return []entry{
		{
			kind: "keyboard", brand: "tastwell", category: "keyboards-and-mice",
			slug: "ledger-75-keyboard", title: "Ledger 75 Mechanical Keyboard", subtitle: "A compact keyboard with a sound like rain on a tent",
			text:   "Eighty-four keys, a knob and a case milled from one piece of aluminium. Switches can be pulled and changed without solder, and the legends are moulded through the caps, so they never wear off.",
			points: []string{"Hot-swap sockets", "USB-C, Bluetooth and 2.4 GHz", "Layouts are stored on the keyboard itself"},
			tags:   words("mechanical wireless hot-swap aluminium desk"),
			specs: []catalogue.SpecificationGroup{
				group("Keys", spec("Layout", "75 %"), spec("Keycaps", "Double-shot PBT"), spec("Hot swap", "Yes")),
				group("Connection", spec("Connectivity", "USB-C, Bluetooth, 2.4 GHz"), spec("Battery", "4000", "mAh")),
			},
			sku: "TAS-LED", cents: 16900, grams: 1180, options: options(colours("Slate", "Crème"), option("Switch", "Linear", "Tactile", "Silent")),
			extra: map[string]int64{"Silent": 1000},
			stock: []int{44, 39, 21, 33, 28, 1}, ageDays: 55, rank: 3,
		},
		{
			kind: "keyboard", brand: "tastwell", category: "keyboards-and-mice",
			slug: "memo-slim-keyboard", title: "Memo Slim Keyboard", subtitle: "A quiet, flat keyboard for shared rooms",
			text:   "Scissor keys with a full millimetre and a half of travel, three computers at the press of a key, and a year between charges if you leave the light off.",
			points: []string{"As quiet as a page turning", "Switches between three devices", "42 % recycled plastic"},
			tags:   words("wireless slim quiet office"),
			specs: []catalogue.SpecificationGroup{
				group("Keys", spec("Layout", "Full size"), spec("Travel", "1.5", "mm")),
				group("Connection", spec("Connectivity", "Bluetooth, USB-C")),
			},
			sku: "TAS-MEM", cents: 7900, grams: 610, options: options(colours("Fog", "Graphite", "Blush")),
			stock: []int{91, 120, 35}, ageDays: 280,
		},
		{
			kind: "mouse", brand: "tastwell", category: "keyboards-and-mice",
			slug: "drift-ergonomic-mouse", title: "Drift Ergonomic Mouse", subtitle: "Turns the wrist to where it wants to be",
			text:   "Drift leans at 57 degrees, as your hand does when it hangs by your side. The wheel can click or spin free, and it works on glass.",
			points: []string{"For the right hand or the left", "Six buttons, all quiet", "70 days on a charge"},
			tags:   words("ergonomic wireless office quiet"),
			specs: []catalogue.SpecificationGroup{
				group("Sensor", spec("Resolution", "8000", "dpi"), spec("Buttons", "6")),
				group("Connection", spec("Connectivity", "Bluetooth, 2.4 GHz")),
			},
			sku: "TAS-DRI", cents: 6900, grams: 125, options: options(colours("Graphite", "Chalk"), option("Hand", "Right", "Left")),
			stock: []int{80, 12, 54, 4}, ageDays: 240,
		},
		{
			kind: "monitor", brand: "bitharbour", category: "displays-and-cameras",
			slug: "pier-4k-monitor", title: "Pier 4K Monitor", subtitle: "One cable for picture, power and everything plugged in behind",
			text:   "A matt panel with the sharpness of print, calibrated at the works, with the report in the box. The stand lifts, turns and lets you clean beneath it.",
			points: []string{"90 W to the laptop over USB-C", "Four USB ports and Ethernet", "Three years without a dead pixel, or we change it"},
			tags:   words("4k usb-c display office colour-accurate"),
			specs: []catalogue.SpecificationGroup{
				group("Picture", spec("Resolution", "3840 × 2160", "px"), spec("Refresh rate", "60", "Hz"), spec("Colour", "98 % P3")),
				group("Connection", spec("Connectivity", "USB-C, HDMI, DisplayPort"), spec("Power delivery", "90", "W")),
			},
			sku: "BIT-PIE", cents: 54900, grams: 6900, options: options(sizes("27 in", "32 in"), colours("Black", "Silver")),
			extra: map[string]int64{"32 in": 20000}, heavier: map[string]int{"32 in": 2100},
			stock: []int{25, 17, 9, 3}, ageDays: 110, rank: 10,
		},
		{
			kind: "webcam", brand: "bitharbour", category: "displays-and-cameras",
			slug: "porthole-webcam", title: "Porthole Webcam", subtitle: "Look awake in any light",
			text:   "A large sensor and a lens of glass do what filters cannot. Turn the ring and the shutter closes; the light beside it is wired to the sensor, so it cannot lie.",
			points: []string{"4K at 30 frames, 1080p at 60", "A shutter that you can see", "Clips, stands or screws on a tripod"},
			tags:   words("camera 4k streaming calls privacy"),
			specs: []catalogue.SpecificationGroup{
				group("Picture", spec("Resolution", "3840 × 2160", "px"), spec("Field of view", "82", "°")),
				group("Connection", spec("Connectivity", "USB-C")),
			},
			sku: "BIT-POR", cents: 12900, was: 14900, grams: 160, options: options(colours("Charcoal", "Snow")),
			stock: []int{47, 30}, ageDays: 200, priceDays: 12,
		},
		{
			kind: "drive", brand: "bitharbour", category: "storage-and-hubs",
			slug: "cargo-portable-ssd", title: "Cargo Portable SSD", subtitle: "A drive for the pocket that shrugs off a fall",
			text:   "Copies an hour of 4K film in under a minute and keeps its speed when it is warm. The sleeve of silicone takes the drop from the table; the encryption takes care of the rest.",
			points: []string{"2000 MB a second", "Hardware encryption, AES-256", "Survives three metres of fall"},
			tags:   words("ssd portable backup encrypted rugged"),
			specs: []catalogue.SpecificationGroup{
				group("Memory", spec("Read speed", "2000", "MB/s"), spec("Write speed", "1800", "MB/s"), spec("Encryption", "AES-256")),
				group("Connection", spec("Connectivity", "USB-C")),
			},
			sku: "BIT-CAR", cents: 10900, grams: 58, options: options(option("Storage", "1 TB", "2 TB", "4 TB"), colours("Navy", "Rust")),
			extra: map[string]int64{"2 TB": 7000, "4 TB": 21000},
			stock: []int{140, 75, 96, 44, 23, 5}, ageDays: 160, rank: 12,
		},
		{
			kind: "hub", brand: "bitharbour", category: "storage-and-hubs",
			slug: "jetty-usb-c-hub", title: "Jetty USB-C Hub", subtitle: "Nine ports and a cable that you can change",
			text:   "The cable is the first thing to break on every hub, so ours unscrews. Two displays, Ethernet, cards and 100 watts through.",
			points: []string{"Two 4K displays at 60 Hz", "2.5 Gbit Ethernet", "Spare cable in the lid"},
			tags:   words("usb-c hub dock ethernet travel repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Connection", spec("Connectivity", "USB-C"), spec("Ports", "9"), spec("Power delivery", "100", "W")),
			},
			sku: "BIT-JET", cents: 8900, grams: 142, options: options(colours("Steel", "Midnight")),
			stock: []int{110, 68}, ageDays: 370,
		},
	}
}

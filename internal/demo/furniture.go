package demo

import "cartograph/internal/catalogue"

func furniture() []entry {
	return []entry{
		{
			kind: "chair", brand: "orrin-and-pine", category: "seating",
			slug: "tarn-dining-chair", title: "Tarn Dining Chair", subtitle: "For dinners that go on after the plates are cleared",
			text:   "The back is bent from one piece of ash and gives a little when you laugh. Four screws hold the seat; change the cover when the children have grown.",
			points: []string{"Solid ash", "Carries 150 kg", "Stacks four high"},
			tags:   words("chair dining wood stackable repairable"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Seat height", "46", "cm"), spec("Width", "48", "cm")),
				group("Body", spec("Material", "Ash"), spec("Load", "150", "kg")),
			},
			sku: "ORR-TAR", cents: 18900, grams: 5200, options: options(colours("Oak", "Black", "Sage", "Brick")),
			stock: []int{48, 36, 24, 20}, ageDays: 380, rank: 15,
		},
		{
			kind: "officechair", brand: "orrin-and-pine", category: "seating",
			slug: "perch-office-chair", title: "Perch Office Chair", subtitle: "Moves when you move",
			text:   "Perch has no levers for posture. The seat and back pivot at your own hips, so that leaning back is all the adjusting there is. Castors for carpet and for wood are both in the box.",
			points: []string{"Mesh back, wool seat", "Height from 41 to 54 cm", "Ten-year guarantee"},
			tags:   words("chair office ergonomic mesh wool"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Seat height", "41–54", "cm"), spec("Width", "64", "cm")),
				group("Body", spec("Material", "Wool, aluminium"), spec("Load", "130", "kg")),
			},
			sku: "ORR-PER", cents: 42900, was: 48900, grams: 15400, options: options(colours("Graphite", "Petrol", "Terracotta")),
			stock: []int{15, 12, 4}, ageDays: 240, priceDays: 40,
		},
		{
			kind: "stool", brand: "orrin-and-pine", category: "seating",
			slug: "knot-stool", title: "Knot Stool", subtitle: "Seat, table, step, and place for the cat",
			text:   "Three legs never wobble. The wedges that lock them are of darker wood, so that you can see how it holds together.",
			points: []string{"Solid oak or walnut", "45 cm high", "Oiled, not lacquered"},
			tags:   words("stool wood side-table handmade"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Seat height", "45", "cm"), spec("Diameter", "34", "cm")),
				group("Body", spec("Material", "Solid wood"), spec("Load", "140", "kg")),
			},
			sku: "ORR-KNO", cents: 11900, grams: 3600, options: options(colours("Oak", "Walnut")),
			stock: []int{41, 23}, ageDays: 260,
		},
		{
			kind: "sofa", brand: "orrin-and-pine", category: "seating",
			slug: "harbour-sofa", title: "Harbour Sofa", subtitle: "Deep enough for a nap, firm enough for guests",
			text:   "A frame of beech, springs instead of foam alone, and covers that come off for washing. It arrives in three boxes that fit through every stairwell.",
			points: []string{"Covers washable at thirty degrees", "Goes together with one key", "Legs of solid oak"},
			tags:   words("sofa linen washable living-room"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Depth", "94", "cm"), spec("Height", "82", "cm")),
				group("Body", spec("Material", "Beech, linen")),
			},
			sku: "ORR-HAR", cents: 129900, grams: 58000, options: options(sizes("2 seats", "3 seats"), colours("Oat", "Forest", "Denim")),
			extra: map[string]int64{"3 seats": 40000}, heavier: map[string]int{"3 seats": 19000},
			stock: []int{8, 6, 7, 5, 3, 6}, ageDays: 290,
		},
		{
			kind: "desk", brand: "orrin-and-pine", category: "tables-and-shelves",
			slug: "plank-standing-desk", title: "Plank Standing Desk", subtitle: "Up at ten, down at three, without a sound",
			text:   "Two motors lift 120 kilograms at the pace of a lift in a good hotel. The top is solid oak in planks, and the cables live in a trough beneath it.",
			points: []string{"From 62 to 127 cm", "Remembers four heights", "Stops when it touches something"},
			tags:   words("desk standing electric wood office"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Height", "62–127", "cm"), spec("Depth", "75", "cm")),
				group("Body", spec("Material", "Oak, steel"), spec("Load", "120", "kg")),
			},
			sku: "ORR-PLA", cents: 69900, grams: 38000, options: options(sizes("120 cm", "160 cm"), colours("Oak", "Walnut")),
			extra: map[string]int64{"160 cm": 12000}, heavier: map[string]int{"160 cm": 9000},
			stock: []int{14, 9, 17, 6}, ageDays: 70,
		},
		{
			kind: "shelf", brand: "orrin-and-pine", category: "tables-and-shelves",
			slug: "rung-bookshelf", title: "Rung Bookshelf", subtitle: "Leans on the wall as if it had time",
			text:   "A ladder of ash with boards that grow deeper towards the floor. One screw keeps it from falling; two people put it up in the time it takes to boil an egg.",
			points: []string{"Five boards", "Holds 25 kg a board", "Felt feet that grip"},
			tags:   words("shelf books wood ladder"),
			specs: []catalogue.SpecificationGroup{
				group("Size", spec("Height", "190", "cm"), spec("Width", "60", "cm")),
				group("Body", spec("Material", "Ash"), spec("Load", "125", "kg")),
			},
			sku: "ORR-RUN", cents: 21900, grams: 14500, options: options(colours("Oak", "Walnut", "Black")),
			stock: []int{22, 16, 0}, restockDays: 21, ageDays: 460,
		},
	}
}

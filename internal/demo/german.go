package demo

import "slices"

// germanWords are what German customers search for products of each kind by.
// The catalogue's texts are English.
func germanWords() map[string][]string {
	return map[string][]string{
		"backpack": {"Rucksack"}, "beanie": {"Mütze"}, "binoculars": {"Fernglas"}, "bottle": {"Trinkflasche", "Thermosflasche"},
		"bowl": {"Schale", "Schüssel"}, "candle": {"Kerze", "Duftkerze"}, "chair": {"Stuhl", "Esszimmerstuhl"}, "clock": {"Uhr", "Wanduhr"},
		"cushion": {"Kissen"}, "desk": {"Schreibtisch", "Stehtisch"}, "drive": {"Festplatte", "Speicher"}, "earbuds": {"Ohrhörer", "In-Ear-Kopfhörer"},
		"floorlamp": {"Lampe", "Stehlampe", "Leselampe"}, "frenchpress": {"Kaffeebereiter", "Stempelkanne"}, "grinder": {"Kaffeemühle"},
		"headphones": {"Kopfhörer"}, "helmet": {"Helm", "Fahrradhelm"}, "hub": {"Adapter", "Verteiler"}, "kettle": {"Wasserkocher", "Wasserkessel"},
		"keyboard": {"Tastatur"}, "knife": {"Messer", "Küchenmesser"}, "lamp": {"Lampe", "Schreibtischlampe"}, "lantern": {"Laterne", "Campinglampe"},
		"mat": {"Matte", "Yogamatte"}, "microphone": {"Mikrofon"}, "monitor": {"Bildschirm"}, "mouse": {"Maus"},
		"mug": {"Becher", "Tasse", "Kaffeebecher"}, "officechair": {"Stuhl", "Bürostuhl", "Schreibtischstuhl"}, "pan": {"Pfanne", "Gusseisenpfanne"},
		"pendant": {"Lampe", "Hängelampe", "Pendelleuchte"}, "planter": {"Blumentopf", "Pflanzgefäß"}, "player": {"Musikspieler"},
		"portable": {"Lautsprecher"}, "pot": {"Topf", "Schmortopf", "Bräter"}, "radio": {"Tischradio", "Radiowecker"},
		"ramekin": {"Auflaufförmchen"}, "shelf": {"Regal", "Bücherregal"}, "sling": {"Umhängetasche"}, "sneaker": {"Schuhe", "Turnschuhe"},
		"socks": {"Socken", "Strümpfe"}, "sofa": {"Couch"}, "soundbar": {"Fernsehlautsprecher"}, "speaker": {"Lautsprecher", "Regallautsprecher"},
		"stool": {"Hocker"}, "suitcase": {"Koffer", "Handgepäck"}, "sunglasses": {"Sonnenbrille"}, "sweater": {"Pullover", "Wollpullover"},
		"teapot": {"Teekanne"}, "tee": {"T-Shirt"}, "tent": {"Zelt"}, "tote": {"Tasche", "Einkaufstasche"},
		"turntable": {"Plattenspieler"}, "vase": {"Blumenvase"}, "wallet": {"Geldbeutel", "Geldbörse", "Brieftasche"}, "watch": {"Uhr", "Armbanduhr"},
		"webcam": {"Kamera"},
	}
}

// germanTags are the German words for tags that customers search for.
func germanTags() map[string]string {
	return map[string]string{
		"wireless": "kabellos", "bluetooth": "Bluetooth", "wired": "Kabel", "waterproof": "wasserdicht", "gift": "Geschenk",
		"wool": "Wolle", "wood": "Holz", "leather": "Leder", "cotton": "Baumwolle", "stoneware": "Steinzeug", "steel": "Stahl",
		"kids": "Kinder", "travel": "Reise", "hiking": "Wandern", "camping": "Camping", "office": "Büro", "coffee": "Kaffee", "tea": "Tee",
		"winter": "Winter", "summer": "Sommer", "handmade": "handgemacht", "noise-cancelling": "Geräuschunterdrückung",
		"ergonomic": "ergonomisch", "quiet": "leise", "portable": "tragbar", "recycled": "recycelt", "induction": "Induktion",
	}
}

func keywords(e entry) []string {
	all := slices.Concat(germanWords()[e.kind], englishWords()[e.kind])
	for _, tag := range e.tags {
		if word := germanTags()[tag]; word != "" {
			all = append(all, word)
		}
	}
	return all
}

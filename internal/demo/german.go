package demo

import "slices"

// germanWords are what German customers search for products of each kind by.
// The catalogue's texts are English.
func germanWords() map[string][]string {
	return map[string][]string{
		"backpack": {"Rucksack"}, "beanie": {"Mütze", "Strickmütze", "Wollmütze"}, "binoculars": {"Fernglas", "Feldstecher"}, "bottle": {"Trinkflasche", "Thermosflasche", "Wasserflasche", "Isolierflasche"},
		"bowl": {"Schale", "Schüssel", "Müslischale"}, "candle": {"Kerze", "Duftkerze"}, "chair": {"Stuhl", "Esszimmerstuhl"}, "clock": {"Uhr", "Wanduhr"},
		"cushion": {"Kissen", "Sofakissen"}, "desk": {"Schreibtisch", "Stehtisch"}, "drive": {"Festplatte", "Speicher", "Externe Festplatte"}, "earbuds": {"Ohrhörer", "In-Ear-Kopfhörer"},
		"floorlamp": {"Lampe", "Stehlampe", "Leselampe", "Stehleuchte"}, "frenchpress": {"Kaffeebereiter", "Stempelkanne"}, "grinder": {"Kaffeemühle"},
		"headphones": {"Kopfhörer", "Headset"}, "helmet": {"Helm", "Fahrradhelm"}, "hub": {"Adapter", "Verteiler"}, "kettle": {"Wasserkocher", "Wasserkessel"},
		"keyboard": {"Tastatur"}, "knife": {"Messer", "Küchenmesser"}, "lamp": {"Lampe", "Schreibtischlampe", "Schreibtischleuchte"}, "lantern": {"Laterne", "Campinglampe", "Taschenlampe"},
		"mat": {"Matte", "Yogamatte", "Gymnastikmatte", "Sportmatte"}, "microphone": {"Mikrofon"}, "monitor": {"Bildschirm"}, "mouse": {"Maus", "Computermaus"},
		"mug": {"Becher", "Tasse", "Kaffeebecher", "Kaffeetasse", "Teetasse"}, "officechair": {"Stuhl", "Bürostuhl", "Schreibtischstuhl", "Drehstuhl"}, "pan": {"Pfanne", "Gusseisenpfanne", "Bratpfanne"},
		"pendant": {"Lampe", "Hängelampe", "Pendelleuchte", "Deckenlampe"}, "planter": {"Blumentopf", "Pflanzgefäß"}, "player": {"Musikspieler"},
		"portable": {"Lautsprecher", "Box"}, "pot": {"Topf", "Schmortopf", "Bräter", "Kochtopf"}, "radio": {"Tischradio", "Radiowecker"},
		"ramekin": {"Auflaufförmchen"}, "shelf": {"Regal", "Bücherregal"}, "sling": {"Umhängetasche"}, "sneaker": {"Schuhe", "Turnschuhe", "Laufschuhe"},
		"socks": {"Socken", "Strümpfe"}, "sofa": {"Couch"}, "soundbar": {"Fernsehlautsprecher"}, "speaker": {"Lautsprecher", "Regallautsprecher", "Box"},
		"stool": {"Hocker", "Schemel"}, "suitcase": {"Koffer", "Handgepäck", "Trolley", "Reisekoffer"}, "sunglasses": {"Sonnenbrille", "Brille"}, "sweater": {"Pullover", "Wollpullover", "Pulli"},
		"teapot": {"Teekanne"}, "tee": {"T-Shirt"}, "tent": {"Zelt"}, "tote": {"Tasche", "Einkaufstasche", "Stoffbeutel", "Handtasche"},
		"turntable": {"Plattenspieler", "Schallplattenspieler"}, "vase": {"Blumenvase"}, "wallet": {"Geldbeutel", "Geldbörse", "Brieftasche", "Portemonnaie"}, "watch": {"Uhr", "Armbanduhr"},
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

package demo

import (
	"maps"
	"strings"

	"cartograph/internal/catalogue"
)

// germanText are a product's texts as the translator writes them down.
type germanText struct {
	title, subtitle, text string
	points                []string
}

func germanTexts() map[string]germanText {
	all := map[string]germanText{}
	for _, page := range []map[string]germanText{germanAudio(), germanDesk(), germanHome(), germanOut()} {
		maps.Copy(all, page)
	}
	return all
}

// german are the texts of a product of the catalogue in German.
func german(e entry, t germanText, dictionary map[string]string) catalogue.Texts {
	translated := entry{text: t.text, points: t.points}
	all := catalogue.Texts{Title: t.title, Subtitle: t.subtitle, Description: plainText(translated), DescriptionHTML: htmlText(translated)}
	all.Options, all.Groups, all.Specifications = map[string]catalogue.OptionTexts{}, map[string]string{}, map[string]catalogue.SpecificationTexts{}
	for _, o := range e.options {
		option := catalogue.OptionTexts{Name: dictionary[o.Name], Values: map[string]string{}}
		for _, v := range o.Values {
			if word := inGerman(v.Value, dictionary); word != "" {
				option.Values[v.Value] = word
			}
		}
		all.Options[o.Name] = option
	}
	for _, group := range e.specs {
		all.Groups[group.Name] = dictionary[group.Name]
		for _, s := range group.Items {
			all.Specifications[s.Key] = catalogue.SpecificationTexts{Name: dictionary[s.Name], Value: inGerman(s.Value, dictionary)}
		}
	}
	return all
}

// inGerman translates the parts of a value that are apart by commas; "" if it is the
// same in German.
func inGerman(value string, dictionary map[string]string) string {
	parts := strings.Split(value, ", ")
	for i, part := range parts {
		if word := dictionary[part]; word != "" {
			parts[i] = word
		}
	}
	if translated := strings.Join(parts, ", "); translated != value {
		return translated
	}
	return ""
}

// germanDictionary has the words of data sheets, options and colours.
func germanDictionary() map[string]string {
	return map[string]string{
		// Groups.
		"Blade": "Klinge", "Body": "Gehäuse", "Connection": "Anschluss", "Drive": "Antrieb", "Fabric": "Stoff", "Grinding": "Mahlwerk",
		"Heating": "Heizung", "Keys": "Tasten", "Lenses": "Gläser", "Light": "Licht", "Memory": "Speicher", "Optics": "Optik", "Picture": "Bild",
		"Power": "Leistung", "Safety": "Sicherheit", "Sensor": "Sensor", "Shelter": "Schutz", "Size": "Größe", "Sound": "Klang",

		// Names of specifications.
		"Battery": "Akku", "Battery life": "Akkulaufzeit", "Brightness": "Helligkeit", "Burning time": "Brenndauer", "Burr": "Mahlkegel", "Buttons": "Tasten",
		"Cable length": "Kabellänge", "Capacity": "Fassungsvermögen", "Cards": "Karten", "Channels": "Kanäle", "Charging": "Laden", "Close focus": "Naheinstellgrenze",
		"Codecs": "Codecs", "Colour rendering": "Farbwiedergabe", "Colour temperature": "Farbtemperatur", "Colour": "Farbe", "Connectivity": "Verbindung",
		"Depth": "Tiefe", "Diameter": "Durchmesser", "Dimmable": "Dimmbar", "Dishwasher": "Spülmaschine", "Driver size": "Treibergröße", "Encryption": "Verschlüsselung",
		"Field of view": "Blickwinkel", "Filling": "Füllung", "Frequency response": "Frequenzgang", "Gauge": "Feinheit", "Hardness": "Härte", "Height": "Höhe",
		"Hot swap": "Wechselbare Schalter", "Impedance": "Impedanz", "Induction": "Induktion", "Inputs": "Eingänge", "Keycaps": "Tastenkappen", "Layout": "Layout",
		"Length": "Länge", "Load": "Belastbarkeit", "Loudness limit": "Lautstärkegrenze", "Magnification": "Vergrößerung", "Material": "Material", "Movement": "Uhrwerk",
		"Noise cancelling": "Geräuschunterdrückung", "Objective": "Objektiv", "Oven": "Ofenfest bis", "Pattern": "Richtcharakteristik", "Polarised": "Polarisiert", "Ports": "Anschlüsse",
		"Power delivery": "Ladeleistung", "Preamplifier": "Vorverstärker", "Protection": "Schutz", "Reach": "Reichweite", "Read speed": "Lesegeschwindigkeit",
		"Refresh rate": "Bildwiederholrate", "Resolution": "Auflösung", "Sample rate": "Abtastrate", "Scent": "Duft", "Seasons": "Jahreszeiten", "Seat height": "Sitzhöhe",
		"Settings": "Stufen", "Socket": "Fassung", "Speeds": "Geschwindigkeiten", "Standard": "Norm", "Storage": "Speicherplatz", "Temperature": "Temperatur",
		"Thickness": "Dicke", "Travel": "Tastenhub", "Tuner": "Empfang", "Vents": "Lüftungsöffnungen", "Volume": "Volumen", "Washing": "Wäsche", "Water column": "Wassersäule",
		"Water resistance": "Wasserschutz", "Weight": "Gewicht", "Width": "Breite", "With case": "Mit Etui", "Wow and flutter": "Gleichlaufschwankungen",
		"Write speed": "Schreibgeschwindigkeit",

		// Values.
		"Adaptive": "Adaptiv", "None": "Keine", "Yes": "Ja", "Cable": "Kabel", "Belt": "Riemen", "Cardioid": "Niere", "optical": "optisch", "FM": "UKW",
		"Built in": "Eingebaut", "switchable": "abschaltbar", "Silent quartz": "Lautloses Quarzwerk", "Moss and cedar": "Moos und Zeder", "Lid only": "Nur der Deckel",
		"Hand wash": "Handwäsche", "Rain cover": "Regenhülle", "Rain": "Regen", "Full size": "Volle Größe", "Feathers": "Federn",
		"Acetate": "Acetat", "Aluminium": "Aluminium", "aluminium": "Aluminium", "beech": "Buche", "Beech": "Buche", "Ash": "Esche", "linen": "Leinen",
		"Canvas": "Segeltuch", "rubber": "Gummi", "cork": "Kork", "Cork": "Kork", "natural rubber": "Naturkautschuk", "Cast iron": "Gusseisen",
		"Enamelled cast iron": "Emailliertes Gusseisen", "Enamelled steel": "Emaillierter Stahl", "Glass": "Glas", "glass": "Glas", "steel": "Stahl", "Steel": "Stahl",
		"Leather": "Leder", "leather": "Leder", "Organic cotton": "Bio-Baumwolle", "Powder-coated steel": "Pulverbeschichteter Stahl",
		"Rapeseed wax": "Rapswachs", "Recycled nylon": "Wiederverwertetes Nylon", "Recycled plastic": "Wiederverwerteter Kunststoff", "Ripstop nylon": "Ripstop-Nylon",
		"Solid wood": "Massivholz", "Stainless steel": "Edelstahl", "Stoneware": "Steinzeug", "Wool": "Wolle", "Polycarbonate": "Polycarbonat",

		// Options and their values.
		"Hand": "Hand", "Handle": "Griff", "Set": "Set", "Strap": "Band", "Switch": "Schalter", "Right": "Rechts", "Left": "Links", "Set of 2": "2er-Set", "Set of 4": "4er-Set",
		"Steel mesh": "Milanaise", "Linear": "Linear", "Tactile": "Taktil", "Silent": "Leise", "2 people": "2 Personen", "3 people": "3 Personen",
		"2 seats": "2 Sitze", "3 seats": "3 Sitze", "27 in": "27 Zoll", "32 in": "32 Zoll",

		// Colours. Those that are woods and metals are above.
		"Amber": "Bernstein", "Apricot": "Aprikose", "Black": "Schwarz", "Blush": "Altrosa", "Brass": "Messing", "Brick": "Ziegel", "Chalk": "Kreide",
		"Charcoal": "Holzkohle", "Clay": "Lehm", "Copper": "Kupfer", "Coral": "Koralle", "Crème": "Creme", "Forest": "Waldgrün", "Fog": "Nebel", "Graphite": "Graphit",
		"Honey": "Honig", "Lagoon": "Lagune", "Lilac": "Flieder", "Linen": "Leinen", "Matte Black": "Mattschwarz", "Midnight": "Mitternacht", "Mint": "Minze", "Moss": "Moos",
		"Mustard": "Senf", "Navy": "Marineblau", "Oak": "Eiche", "Oat": "Hafer", "Ochre": "Ocker", "Pine": "Kiefer", "Plum": "Pflaume", "Rust": "Rost", "Sage": "Salbei",
		"Silver": "Silber", "Sky": "Himmel", "Slate": "Schiefer", "Snow": "Schnee", "Walnut": "Nussbaum", "Wine": "Wein",
	}
}

// germanCategories are the names and descriptions of categories by slug.
func germanCategories() map[string][2]string {
	return map[string][2]string{
		"audio":                {"Audio", "Kopfhörer, Lautsprecher und alles, was gut klingt."},
		"headphones":           {"Kopfhörer", "Über dem Ohr und darauf, mit Kabel oder ohne."},
		"earbuds":              {"Ohrhörer", "Klein genug für jede Tasche."},
		"speakers":             {"Lautsprecher", "Für das Regal, die Küche und den See."},
		"hi-fi-and-studio":     {"Hi-Fi & Studio", "Plattenspieler, Mikrofone und was dazugehört."},
		"computing":            {"Computer & Zubehör", "Ein Schreibtisch, an den man sich gern setzt."},
		"keyboards-and-mice":   {"Tastaturen & Mäuse", "Was Ihre Hände den ganzen Tag berühren."},
		"displays-and-cameras": {"Bildschirme & Kameras", "Klar sehen und gut gesehen werden."},
		"storage-and-hubs":     {"Speicher & Hubs", "Platz für Dateien und Anschlüsse für alles andere."},
		"kitchen":              {"Küche", "Werkzeug und Geschirr für jeden Tag."},
		"coffee-and-tea":       {"Kaffee & Tee", "Von Bohne und Blatt bis in die Tasse."},
		"cookware":             {"Kochgeschirr", "Pfannen und Messer, die die Küche überleben."},
		"tableware":            {"Geschirr", "Becher, Schalen und kleine Förmchen."},
		"home-and-lighting":    {"Wohnen & Licht", "Warmes Licht und leise Dinge."},
		"lamps":                {"Lampen", "Für Tische, Ecken und Schreibtische."},
		"decor":                {"Dekoration", "Vasen, Kerzen, Uhren und Kissen."},
		"furniture":            {"Möbel", "Massive Stücke, die sich reparieren lassen."},
		"seating":              {"Sitzmöbel", "Stühle, Hocker und ein sehr gutes Sofa."},
		"tables-and-shelves":   {"Tische & Regale", "Platz zum Arbeiten und für Bücher."},
		"bags-and-travel":      {"Taschen & Reise", "Gut getragen, nah und fern."},
		"backpacks":            {"Rucksäcke", "Für Büro, Pfad und Wochenende."},
		"luggage-and-bags":     {"Koffer & Taschen", "Koffer, Einkaufs- und Umhängetaschen."},
		"outdoor":              {"Draußen", "Für eine Nacht im Freien oder einen Morgen auf der Matte."},
		"camping":              {"Camping", "Zelte, Laternen und Flaschen."},
		"sport":                {"Sport", "Fahren, dehnen, wiederholen."},
		"clothing":             {"Kleidung", "Schlichte Stücke, gut geschnitten."},
		"tops":                 {"Oberteile", "T-Shirts und Pullover."},
		"shoes-and-socks":      {"Schuhe & Socken", "Von der Sohle aufwärts."},
		"accessories":          {"Modezubehör", "Uhren, Sonnenbrillen und Mützen."},
	}
}

// germanLines are what brands stand for, by slug.
func germanLines() map[string]string {
	return map[string]string{
		"atelier-cremiere": "Steinzeug, von Hand glasiert, in den Farben einer Molkerei.",
		"bitharbour":       "Speicher und Hubs, langweilig im besten Sinn.",
		"dovelight":        "Lampen, die nie blenden.",
		"fernlyd":          "Klang aus dem stillen Norden: warm, offen und reparierbar.",
		"glodlys":          "Kleine Dinge für lange Abende.",
		"kvarta":           "Guter Klang für das halbe Geld.",
		"orrin-and-pine":   "Möbel aus massivem Holz, mit Schrauben, an die man herankommt.",
		"pottle-and-rye":   "Küchenwerkzeug zum Vererben.",
		"stitchmoor":       "Schlichte Kleidung aus ehrlichem Garn.",
		"tarnhill":         "Auf nassen Hügeln geprüft, ein Leben lang repariert.",
		"tastwell":         "Tasten, Räder und Knöpfe mit dem richtigen Klick.",
		"wayfold":          "Taschen, die sich flach falten und viel tragen.",
	}
}

package demo

import (
	"math/rand/v2"
	"strings"
)

// phrases are what is said about products of one group, in a language. Each is a
// sentence.
type phrases map[string]struct{ praise, complaint []string }

// text is a title and a text for a rating; n varies them among a product's reviews.
func (p phrases) text(rating int, locale string, n int, random *rand.Rand) (title, body string) {
	language := locale[:2]
	own, frame := p[language], reviewFrames()[language]
	pick := func(from []string, offset int) string { return from[(n+offset)%len(from)] }
	titles := frame.titles[rating]
	title = pick(titles, random.IntN(len(titles)))
	if random.IntN(4) == 0 {
		title = ""
	}
	var sentences []string
	switch rating {
	case 5:
		sentences = []string{pick(frame.opening, 0), pick(own.praise, 0), pick(own.praise, 1), pick(frame.happy, 2)}
	case 4:
		sentences = []string{pick(own.praise, 0), pick(own.praise, 2), pick(frame.but, 0) + " " + lower(pick(own.complaint, 1), language)}
	case 3:
		sentences = []string{pick(frame.opening, 1), pick(own.praise, 3), pick(own.complaint, 0)}
	default:
		sentences = []string{pick(frame.opening, 0), pick(own.complaint, 0), pick(own.complaint, 1), pick(frame.unhappy, 0)}
	}
	return title, strings.Join(sentences, " ")
}

// lower begins a sentence in lower case where it follows another part of it. German
// nouns and the English I keep theirs.
func lower(sentence, language string) string {
	if strings.HasPrefix(sentence, "I ") || language == "de" && !strings.HasPrefix(sentence, "Der ") && !strings.HasPrefix(sentence, "Die ") && !strings.HasPrefix(sentence, "Das ") {
		return sentence
	}
	return strings.ToLower(sentence[:1]) + sentence[1:]
}

// frame is what is said about anything.
type frame struct {
	titles                       map[int][]string
	opening, but, happy, unhappy []string
}

func reviewFrames() map[string]frame {
	return map[string]frame{
		"en": {
			titles: map[int][]string{
				5: {"Would buy again", "Better than expected", "A keeper", "Just right", "Worth every cent"},
				4: {"Very good, nearly perfect", "Good with one flaw", "Happy with it", "Almost there"},
				3: {"Decent", "It is all right", "Mixed feelings"},
				2: {"Not for me", "Expected more"}, 1: {"Disappointed", "Sent it back"},
			},
			opening: []string{"I have had it for a month.", "Bought it after reading too many tests.", "A present to myself.", "It replaces one that lasted ten years.", "In daily use since spring.", "My sister has the same one."},
			but:     []string{"One thing, though:", "The only flaw:", "What keeps it from five stars:"},
			happy:   []string{"No regrets.", "I would choose it again.", "Delivery took two days.", "My neighbour has ordered one too.", "Exactly as described."},
			unhappy: []string{"It went back.", "For this price I expected more.", "I would not buy it again.", "Support answered quickly, at least."},
		},
		"de": {
			titles: map[int][]string{
				5: {"Immer wieder", "Besser als erwartet", "Genau richtig", "Jeden Cent wert"},
				4: {"Sehr gut mit kleiner Schwäche", "Fast perfekt", "Zufrieden"},
				3: {"Ganz ordentlich", "Geht so", "Gemischte Gefühle"},
				2: {"Nichts für mich", "Mehr erwartet"}, 1: {"Enttäuscht", "Ging zurück"},
			},
			opening: []string{"Seit einem Monat im Einsatz.", "Nach langem Vergleichen gekauft.", "Ein Geschenk an mich selbst.", "Der Vorgänger hielt zehn Jahre.", "Täglich in Gebrauch."},
			but:     []string{"Einziger Nachteil:", "Ein kleiner Abzug:", "Was zum fünften Stern fehlt:"},
			happy:   []string{"Klare Empfehlung.", "Würde ich wieder kaufen.", "Lieferung in zwei Tagen.", "Genau wie beschrieben."},
			unhappy: []string{"Ging zurück.", "Für den Preis habe ich mehr erwartet.", "Würde ich nicht noch einmal kaufen."},
		},
	}
}

// phrasesOf are the phrases about products of a kind.
func phrasesOf(kind string) phrases {
	groups := map[string]string{
		"sound":   "headphones earbuds speaker soundbar portable radio turntable player microphone",
		"tech":    "keyboard mouse monitor hub drive webcam watch",
		"kitchen": "mug kettle grinder pan pot knife teapot bowl ramekin frenchpress bottle",
		"light":   "lamp floorlamp pendant lantern candle",
		"wear":    "sneaker socks sweater tee beanie sunglasses helmet",
		"carry":   "backpack sling suitcase tote wallet tent mat binoculars",
	}
	for group, kinds := range groups {
		for name := range strings.FieldsSeq(kinds) {
			if name == kind {
				return reviewPhrases()[group]
			}
		}
	}
	return reviewPhrases()["home"]
}

package demo

// reviewPhrases are the phrases by group of kinds. A test holds that each group has
// enough of them for the reviews of one product to differ.
func reviewPhrases() map[string]phrases {
	return map[string]phrases{
		"sound": {
			"en": {
				[]string{"Voices are clear even at low volume.", "The bass is there without droning.", "Setting it up took two minutes.", "It sounds bigger than it looks.", "Long evenings of records, and no fatigue."},
				[]string{"The manual is thin.", "The status light is too bright at night.", "The highest notes are a little sharp.", "Pairing with the second phone failed twice."},
			},
			"de": {
				[]string{"Stimmen sind auch leise gut zu verstehen.", "Der Bass ist da, ohne zu dröhnen.", "Nach zwei Minuten war alles eingerichtet.", "Klingt größer, als es aussieht.", "Auch nach Stunden angenehm zu hören."},
				[]string{"Die Anleitung ist sehr knapp.", "Das Lämpchen ist nachts zu hell.", "Die Höhen sind etwas spitz.", "Das Koppeln klappte erst beim dritten Mal."},
			},
		},
		"tech": {
			"en": {
				[]string{"Plugged in and recognised at once.", "Solid, with no creaking anywhere.", "Quiet enough for a shared office.", "It has survived a week of travel in a full bag.", "After an hour I stopped noticing it, which is a compliment."},
				[]string{"The cable could be longer.", "It picks up fingerprints.", "The software wants an update on day one.", "It runs warm after a few hours."},
			},
			"de": {
				[]string{"Eingesteckt und sofort erkannt.", "Solide verarbeitet, nichts knarzt.", "Leise genug für ein Büro zu zweit.", "Hat eine Woche Reise in voller Tasche überstanden.", "Nach einer Stunde vergisst man es, und das ist ein Lob."},
				[]string{"Das Kabel dürfte länger sein.", "Fingerabdrücke sieht man sofort.", "Die Software verlangt am ersten Tag ein Update.", "Wird nach ein paar Stunden warm."},
			},
		},
		"kitchen": {
			"en": {
				[]string{"Sits well in the hand.", "The dishwasher has not left a trace so far.", "Heavier than it looks, in a good way.", "It keeps the heat until the second cup.", "The finish is even prettier than in the picture."},
				[]string{"It is smaller than I had imagined.", "The glaze has a tiny dot on one side.", "The handle gets warm.", "The lid sits a little loose."},
			},
			"de": {
				[]string{"Liegt gut in der Hand.", "Die Spülmaschine hat bisher keine Spuren hinterlassen.", "Schwerer, als es aussieht, im besten Sinn.", "Bleibt warm bis zur zweiten Tasse.", "Die Oberfläche ist schöner als auf dem Bild."},
				[]string{"Kleiner, als ich dachte.", "Die Glasur hat einen winzigen Punkt.", "Der Griff wird warm.", "Der Deckel sitzt etwas locker."},
			},
		},
		"light": {
			"en": {
				[]string{"The light is warm and does not flicker.", "It dims down far enough for reading in bed.", "The switch has a satisfying click.", "It makes the corner of the room look intended.", "Assembled without a single swear word."},
				[]string{"The cable is short.", "Dust shows on the dark finish.", "A bulb should be in the box.", "The base needs a level floor."},
			},
			"de": {
				[]string{"Das Licht ist warm und flimmert nicht.", "Lässt sich weit genug dimmen, um im Bett zu lesen.", "Der Schalter klickt angenehm.", "Die Zimmerecke sieht jetzt gewollt aus.", "Aufgebaut ohne ein einziges Schimpfwort."},
				[]string{"Das Kabel ist kurz.", "Auf dem dunklen Lack sieht man Staub.", "Ein Leuchtmittel gehört in die Schachtel.", "Der Fuß braucht ebenen Boden."},
			},
		},
		"wear": {
			"en": {
				[]string{"True to size.", "Soft from the first day.", "Washed five times and still in shape.", "The colour matches the picture.", "Warm without being bulky."},
				[]string{"It runs a little narrow.", "One thread was loose.", "The colour is paler in daylight.", "It needs a few days to break in."},
			},
			"de": {
				[]string{"Fällt aus wie angegeben.", "Vom ersten Tag an weich.", "Fünfmal gewaschen und noch in Form.", "Die Farbe entspricht dem Bild.", "Warm, ohne aufzutragen."},
				[]string{"Fällt etwas schmal aus.", "Ein Faden war lose.", "Die Farbe ist bei Tageslicht blasser.", "Braucht ein paar Tage, bis es bequem ist."},
			},
		},
		"carry": {
			"en": {
				[]string{"Everything has its pocket.", "It kept its contents dry in a proper downpour.", "Light enough to forget about.", "The zips run smoothly.", "It has been through three airports and looks new."},
				[]string{"The strap slips when it is full.", "It smells of rubber for the first few days.", "A side pocket is missing.", "The inside is dark, so small things hide."},
			},
			"de": {
				[]string{"Alles hat sein Fach.", "Blieb auch im Wolkenbruch innen trocken.", "So leicht, dass man es vergisst.", "Die Reißverschlüsse laufen sauber.", "War an drei Flughäfen und sieht aus wie neu."},
				[]string{"Der Gurt rutscht, wenn alles voll ist.", "Riecht in den ersten Tagen nach Gummi.", "Ein Seitenfach fehlt.", "Innen ist es dunkel, Kleines versteckt sich."},
			},
		},
		"home": {
			"en": {
				[]string{"It fits as if made for the room.", "The wood feels as good as it looks.", "Assembly took half an hour alone.", "Stable, also on an old floor.", "Visitors ask where it is from."},
				[]string{"One screw was missing.", "The box was damaged, the contents were not.", "It smelled of lacquer for a week.", "The edges could be rounder."},
			},
			"de": {
				[]string{"Passt, als wäre es für das Zimmer gemacht.", "Das Material fühlt sich so gut an, wie es aussieht.", "Allein in einer halben Stunde aufgebaut.", "Steht auch auf altem Boden sicher.", "Besuch fragt, woher es ist."},
				[]string{"Eine Schraube fehlte.", "Der Karton war beschädigt, der Inhalt nicht.", "Roch eine Woche nach Lack.", "Die Kanten könnten runder sein."},
			},
		},
	}
}

package demo

// germanOut are the German texts of what is carried, worn and taken outside.
func germanOut() map[string]germanText {
	return map[string]germanText{
		"commuter-20-backpack": {
			title: "Commuter 20 Rucksack", subtitle: "Ein Laptop, ein Mittagessen und eine Jacke, im Regen",
			text:   "Öffnet sich wie ein Koffer, steht von allein und hält den Laptop vom Boden fern. Der Stoff war einmal ein Fischernetz, und Wasser läuft an ihm ab.",
			points: []string{"Für Laptops bis 16 Zoll", "Verstecktes Fach am Rücken", "Gurte lassen sich ersetzen"},
		},
		"ridge-45-trekking-pack": {
			title: "Ridge 45 Trekkingrucksack", subtitle: "Fünf Tage auf dem Rücken, und dem Rücken macht es nichts",
			text:   "Das Gestell hängt die Last an die Hüfte, und ein Netz hält den Rucksack vom Hemd fern. Die Rückenlänge stellt man mit einer Hand ein, im Gehen.",
			points: []string{"Regenhülle im Deckel", "Für Rückenlängen von 42 bis 56 cm", "Reparatur kostenlos, ein Leben lang"},
		},
		"carousel-cabin-case": {
			title: "Carousel Handgepäckkoffer", subtitle: "Rollt lautlos an der Schlange vorbei",
			text:   "Eine Schale, die zurückfedert, vier Rollen auf Kugellagern und ein Reißverschluss, den kein Kugelschreiber öffnet. Alle Rollen und Griffe gibt es als Ersatzteil.",
			points: []string{"Passt ins Gepäckfach", "Rollen auf Kugellagern", "TSA-Schloss"},
		},
		"market-tote": {
			title: "Markttasche", subtitle: "Lauch ragt heraus, nichts fällt heraus",
			text:   "Schweres Segeltuch mit flachem Boden und Henkeln, lang genug für eine Schulter im Wintermantel. Lässt sich in die eigene Innentasche falten.",
			points: []string{"Segeltuch aus Bio-Baumwolle", "Trägt 18 kg", "Bei vierzig Grad waschbar"},
		},
		"fold-4-sling": {
			title: "Fold 4 Umhängetasche", subtitle: "Telefon, Schlüssel, Pass, Pflaume",
			text:   "Sitzt im Gedränge eng und öffnet sich mit einer Hand. Innen ist sie hell, damit Sie die Schlüssel finden.",
			points: []string{"Vier Liter", "Gefaltet so flach wie ein Taschenbuch", "Der Gurt wechselt die Seite"},
		},
		"crease-wallet": {
			title: "Crease Geldbörse", subtitle: "Acht Karten, ein paar Scheine, zwei Falten, kein Futter",
			text:   "Aus einem Stück Leder geschnitten, mit Rinde gegerbt, gefaltet und an vier Stellen genäht. In zehn Jahren sieht sie besser aus als heute.",
			points: []string{"Pflanzlich gegerbtes Leder", "8 mm dünn", "Schirmt Funkchips ab"},
		},
		"plain-heavy-tee": {
			title: "Schweres T-Shirt Plain", subtitle: "Das letzte, das die Schublade verlässt",
			text:   "Schwere Baumwolle, rund gestrickt, also ohne Seitennähte, die sich verdrehen. Gewaschen, bevor sie geschnitten wird: Die Größe, die Sie kaufen, ist die Größe, die bleibt.",
			points: []string{"Bio-Baumwolle, 240 g/m²", "Ein Kragen, der die Form behält", "Gerade geschnitten, für alle"},
		},
		"gansey-wool-jumper": {
			title: "Gansey Wollpullover", subtitle: "Dicht gestrickt gegen den Wind",
			text:   "Ein Fischermuster aus Schurwolle, die ihr Fett behalten hat. Vorn und hinten sind gleich; vor sechs Uhr früh kann man ihn nicht falsch herum anziehen.",
			points: []string{"100 % Schurwolle", "Stopfgarn in der Tasche", "Braucht fast nie eine Wäsche"},
		},
		"moor-sneaker": {
			title: "Moor Turnschuh", subtitle: "Schlichte Schuhe mit einer Sohle zum Wechseln",
			text:   "Segeltuch und Kork über Naturkautschuk, genäht und nicht nur geklebt. Ist die Sohle durch, schicken Sie sie ein, und sie kommen neu zurück.",
			points: []string{"Die Sohle ist genäht und ersetzbar", "Einlegesohle aus Kork", "Schnürsenkel aus wiederverwerteter Baumwolle"},
		},
		"ribbed-socks": {
			title: "Rippsocken", subtitle: "Drei Paar, damit immer eines trocken ist",
			text:   "Merino mit etwas Nylon an Ferse und Spitze, wo Löcher beginnen. Rippen bis ganz nach oben; sie rutschen nicht.",
			points: []string{"Drei Paar im Set", "Merinowolle", "Spitzen von Hand gekettelt, ohne Naht"},
		},
		"fleet-beanie": {
			title: "Fleet Mütze", subtitle: "Warme Ohren, kein Kratzen",
			text:   "Lammwolle in doppelter Lage, ohne Naht gestrickt. Eine Größe, weil Wolle klüger ist als Etiketten.",
			points: []string{"Lammwolle", "Doppelt über den Ohren", "In einem Stück gestrickt"},
		},
		"tide-watch": {
			title: "Tide Armbanduhr", subtitle: "Zwei Zeiger, ein Datum und eine Batterie für sieben Jahre",
			text:   "Ein Gehäuse aus Stahl, dünner als drei Münzen, darüber Saphirglas. Das Band wechselt man ohne Werkzeug.",
			points: []string{"Saphirglas", "Wasserdicht bis 50 m", "Band mit Schnellverschluss"},
		},
		"bay-sunglasses": {
			title: "Bay Sonnenbrille", subtitle: "Für tiefe Sonne und hohes Wasser",
			text:   "Fassungen aus Baumwollacetat, Scharniere mit fünf Gliedern und Gläser, die dem Wasser das Blenden nehmen.",
			points: []string{"Polarisiert, Kategorie 3", "Ersatzschrauben im Etui", "Auch mit eigenen Gläsern"},
		},
		"bothy-tent": {
			title: "Bothy Zelt", subtitle: "In drei Minuten aufgebaut, bei Wind, allein",
			text:   "Gestänge und Außenzelt bleiben zusammen, so ist innen trocken, bevor Sie es sind. Zwei Eingänge heißt, dass um vier Uhr morgens niemand über jemanden klettert.",
			points: []string{"4000 mm Wassersäule", "Zwei Vorzelte", "Flickzeug, in den Beutel genäht"},
		},
		"firefly-lantern": {
			title: "Firefly Campinglaterne", subtitle: "Kerzenlicht, das kein Wind ausbläst",
			text:   "Warmes Licht aus einer matten Kugel, hell genug zum Kochen und schwach genug zum Reden. Zur Not lädt sie ein Telefon.",
			points: []string{"Bis zu 120 Stunden", "Regen macht nichts (IP65)", "Hängt, steht und haftet an Stahl"},
		},
		"beck-insulated-bottle": {
			title: "Beck Thermosflasche", subtitle: "Tee auf dem Gipfel, immer noch zu heiß",
			text:   "Zwei Wände aus Stahl und nichts dazwischen. Der Deckel schließt mit einer halben Drehung, dicht und gewiss, und hat keine Ecke, die eine Bürste nicht erreicht.",
			points: []string{"12 Stunden heiß, 24 kalt", "Pulverbeschichtung, die nicht rutscht", "Passt in den Flaschenhalter am Rad"},
		},
		"kestrel-8x32-binoculars": {
			title: "Kestrel 8×32 Fernglas", subtitle: "Leicht genug, um da zu sein, wenn der Vogel da ist",
			text:   "Achtfach und ruhig in der Hand, hell bis zur letzten Dämmerung. Mit Stickstoff gefüllt, so beschlägt es innen nie.",
			points: []string{"Scharf ab 1,5 m", "Auch mit Brille", "Gummi, das nass noch griffig ist"},
		},
		"crag-bike-helmet": {
			title: "Crag Fahrradhelm", subtitle: "Hinten tief, oben leicht",
			text:   "Eine Schale im Innern, die ein wenig gleitet, nimmt dem Sturz die Drehung. Der Verschluss schließt magnetisch, auch mit Handschuhen, und das Visier macht Platz für die Brille.",
			points: []string{"Schale, die Drehung dämpft", "Sechzehn Öffnungen", "Nach einem Sturz ersetzen wir ihn einmal kostenlos"},
		},
		"still-yoga-mat": {
			title: "Still Yogamatte", subtitle: "Rutscht nicht, riecht nicht",
			text:   "Naturkautschuk unter Kork. Je mehr Sie schwitzen, desto besser haftet sie, und schon am ersten Tag rollt sie flach aus.",
			points: []string{"Oben Kork, unten Kautschuk", "183 × 66 cm", "Trageband liegt bei"},
		},
	}
}

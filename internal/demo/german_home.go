package demo

// germanHome are the German texts of lamps, decor and the kitchen.
func germanHome() map[string]germanText {
	return map[string]germanText{
		SlugPriceMoved: {
			title: "Linna Schreibtischlampe", subtitle: "Licht auf der Seite, keines im Auge",
			text:   "Zwei Federn und drei Gelenke halten Linna, wo Sie sie lassen. Die Lichtquelle sitzt tief im Schirm und zeigt Farben wie der Mittag.",
			points: []string{"Stufenlos dimmbar, 2200 bis 4000 K", "Farbwiedergabe über 97", "Klemme und Fuß liegen bei"},
		},
		"bell-pendant-lamp": {
			title: "Bell Pendelleuchte", subtitle: "Hängt tief über dem Tisch und holt Menschen zusammen",
			text:   "Aus einem Blech gedrückt und innen weiß lackiert; so kommt das Licht warm zurück. Drei Meter Textilkabel, gekürzt, wo es Ihnen gefällt.",
			points: []string{"Für E27 bis 60 W", "3 m Kabel", "Der Baldachin verdeckt zwei Haken"},
		},
		"heron-floor-lamp": {
			title: "Heron Stehlampe", subtitle: "Steht auf drei Beinen und schaut über die Schulter",
			text:   "Ein Schirm aus Leinen auf einem Dreibein aus Esche. Der Schalter sitzt am Kabel, wo der Fuß ihn findet, und der Fuß dimmt auch.",
			points: []string{"Fußdimmer", "Schirm aus Leinen, waschbar", "In fünf Minuten aufgebaut"},
		},
		"forest-floor-candle": {
			title: "Waldboden Duftkerze", subtitle: "Moos, Zeder und ein wenig Regen",
			text:   "Rapswachs, in kleinen Mengen in ein Glas gegossen, das später ein Trinkglas wird. Brennt sauber, zwei Abende in der Woche von Oktober bis März.",
			points: []string{"50 Stunden", "Docht aus Baumwolle, kein Paraffin", "Das Etikett löst sich in warmem Wasser"},
		},
		"halvmane-vase": {
			title: "Halvmåne Vase", subtitle: "Mit einem einzigen Zweig schon fertig",
			text:   "Eine Vase mit engem Hals und breiter Schulter, in zwei Hälften gedreht und gefügt. Hält eine Tulpe aufrecht oder sieben geneigt.",
			points: []string{"24 cm hoch", "Wasserdichtes Steinzeug", "Filz unter dem Fuß"},
		},
		"stille-wall-clock": {
			title: "Stille Wanduhr", subtitle: "Sagt die Zeit und sonst nichts",
			text:   "Das Werk läuft gleitend, es tickt also nichts, das wach hält. Ein Zifferblatt ohne Zahlen lehrt Kinder schneller, als man denkt.",
			points: []string{"Lautloses, gleitendes Werk", "30 cm im Durchmesser", "Zwei Jahre mit einer AA-Batterie"},
		},
		"ull-wool-cushion": {
			title: "Ull Wollkissen", subtitle: "Dick gewebt, zum Anlehnen",
			text:   "Wolle aus zwei Tälern, im Garn gefärbt und mit erhabenem Streifen gewebt. Der Bezug öffnet sich ganz und wird bei dreißig Grad gewaschen.",
			points: []string{"Bezug aus Schurwolle", "Mit Federn gefüllt", "Ein Reißverschluss, der nicht kratzt"},
		},
		"verde-self-watering-planter": {
			title: "Verde Blumentopf mit Wasserspeicher", subtitle: "Verzeiht zwei Wochen Urlaub",
			text:   "Das Wasser wartet im Fuß und steigt so schnell durch einen Docht, wie die Pflanze trinkt. Ein kleiner Schwimmer zeigt, wie viel noch da ist.",
			points: []string{"Wasser für bis zu drei Wochen", "Wiederverwerteter Kunststoff mit der Körnung von Ton", "Ohne Pflanze, leider"},
		},
		SlugSoldOut: {
			title: "Ember Schwanenhalskessel", subtitle: "Gießt so langsam, wie Sie denken",
			text:   "Stellen Sie den Grad ein, und Ember hält ihn eine Stunde. Neunzehnmal wurde der Ausguss von Hand gebogen, bis der Strahl weder riss noch spritzte.",
			points: []string{"Von 40 bis 100 °C in Schritten von einem Grad", "0,9 Liter in vier Minuten", "Griff aus gedrechseltem Nussbaum"},
		},
		"hob-whistling-kettle": {
			title: "Hob Pfeifkessel", subtitle: "Singt eine Terz, statt zu schreien",
			text:   "Ein breiter Boden, der schnell kocht, Email, das sich abwischen lässt, und eine Pfeife, gestimmt von jemandem, der Flöte spielt. Für jeden Herd, auch für Induktion.",
			points: []string{"2,2 Liter", "Stahl, zweimal emailliert", "Ersatzpfeifen gibt es für immer"},
		},
		"cafe-noir-french-press": {
			title: "Café Noir Stempelkanne", subtitle: "Voller Körper, kein Satz",
			text:   "Zwei Siebe und ein Ring aus Silikon halten das Pulver, wo es hingehört. Das Glas ist Borosilikat und einzeln zu haben, weil Gläser brechen.",
			points: []string{"Doppelter Filter", "Gestell aus Stahl mit Fuß aus Kork", "Spülmaschinenfest"},
		},
		"miller-hand-grinder": {
			title: "Miller Handmühle", subtitle: "Vierzig Umdrehungen für eine Tasse",
			text:   "Ein Mahlwerk aus Stahl auf zwei Lagern mahlt gleichmäßig, von türkisch bis zur Stempelkanne. Sechsunddreißig Stufen, jede spürbar und wiederzufinden.",
			points: []string{"Kegelmahlwerk, 38 mm", "Fasst 25 g", "Ohne Werkzeug zerlegbar"},
		},
		"matinee-teapot": {
			title: "Matinée Teekanne", subtitle: "Zwei große Tassen und kein einziger Tropfen daneben",
			text:   "Die Tülle wird vor dem Glasieren scharf geschnitten, das ist das ganze Geheimnis. Ein Korb aus feinem Stahl kommt heraus, wenn der Tee fertig ist.",
			points: []string{"Fasst 750 ml", "Innen und außen glasiert", "Der Deckel bleibt beim Gießen oben"},
		},
		"creme-stoneware-mug": {
			title: "Crème Becher aus Steinzeug", subtitle: "Der, nach dem alle zuerst greifen",
			text:   "Dick, wo man ihn hält, und dünn, wo man trinkt. Jeder wird von Hand getaucht, und so hat die Kante der Glasur kein anderer.",
			points: []string{"320 ml, passt unter die meisten Maschinen", "Für Spülmaschine und Mikrowelle", "Der Henkel nimmt drei Finger"},
		},
		"cafe-au-lait-bowls": {
			title: "Café-au-Lait-Schalen", subtitle: "Frühstücksschalen für beide Hände",
			text:   "Weit genug für ein Croissant, tief genug für Suppe. Sie lassen sich stapeln, ohne zu kratzen, und der Fuß ist dem Tisch zuliebe glatt geschliffen.",
			points: []string{"Im Set zu zwei oder vier", "Je 480 ml", "Für Spülmaschine und Mikrowelle"},
		},
		"creme-brulee-ramekins": {
			title: "Crème-brûlée-Förmchen", subtitle: "Vier kleine Schalen, die Feuer mögen",
			text:   "Weit und flach, damit jeder Löffel viel Kruste hat. Vom Gefrierfach unter die Flamme ohne einen Riss, und an anderen Tagen halten sie Oliven.",
			points: []string{"Vier im Set", "Im Ofen bis 260 °C", "Rezept im Deckel"},
		},
		"anvil-cast-iron-pan": {
			title: "Anvil Gusseisenpfanne", subtitle: "Innen glatt gedreht, wie es früher war",
			text:   "Wir gießen sie roh und drehen sie innen aus, bis ein Ei gleitet. Dreimal mit Leinöl eingebrannt; der Rest liegt an Ihrem Speck.",
			points: []string{"Für jeden Herd, den Ofen und das Feuer", "Zwei Schnaupen zum Gießen", "Ein Drittel leichter, als sie aussieht"},
		},
		"sunday-braising-pot": {
			title: "Sonntags-Schmortopf", subtitle: "Stellt das Essen in den Ofen und Sie in den Garten",
			text:   "Schweres Eisen unter drei Schichten Email. Der Dampf sammelt sich an den Noppen des Deckels und regnet auf den Braten zurück; mehr ist nicht dabei.",
			points: []string{"Email, das keine Flecken annimmt", "Knauf aus Stahl, bis 260 °C", "Dreißig Jahre Garantie"},
		},
		"edge-chefs-knife": {
			title: "Edge Kochmesser", subtitle: "Scharf aus der Schachtel, scharf in einem Jahr",
			text:   "Zwanzig Zentimeter rostfreier Stahl, hinter der Schneide dünn geschliffen, damit Möhren fallen und nicht brechen. Einmal im Jahr schicken Sie es zurück, und wir schärfen es umsonst.",
			points: []string{"Rostfreier Stahl, 58 HRC", "Durchgehender Erl mit Nieten aus Messing", "Schärfen kostenlos"},
		},
	}
}

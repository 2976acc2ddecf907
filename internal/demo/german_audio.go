package demo

// germanAudio are the German texts of headphones, earbuds, speakers and what belongs
// to them.
func germanAudio() map[string]germanText {
	return map[string]germanText{
		SlugFiveLeft: {
			title: "Aurora ANC-Kopfhörer", subtitle: "Kabelloser Over-Ear-Kopfhörer, mit dem der Zug zur Bibliothek wird",
			text:   "Aurora hört die Welt mit sechs Mikrofonen und nimmt sie weg. Übrig bleibt Ihre Musik: ein Bass, den man eher spürt als hört, und Stimmen, die vorn bleiben.\n\nPolster, Bügel und Akku lösen sich mit je einer Schraube, und Ersatzteile halten wir zehn Jahre bereit.",
			points: []string{"Adaptive Geräuschunterdrückung in drei Stufen", "45 Stunden mit einer Ladung, fünf Stunden nach zehn Minuten", "Zwei Geräte gleichzeitig, dazu ein Kabel für das Flugzeug"},
		},
		"fjell-studio-headphones": {
			title: "Fjell Studiokopfhörer", subtitle: "Geschlossener Referenzkopfhörer für lange Sitzungen",
			text:   "Linear, ehrlich und bequem. Fjell zeigt, was auf der Aufnahme ist, auch den Stuhl, der in Takt neun geknarrt hat.\n\nDie Velourspolster bleiben kühl, das Kabel rastet auf beiden Seiten ein, und jedes Teil lässt sich einzeln bestellen.",
			points: []string{"Geschlossen, damit nichts ins Mikrofon gelangt", "Abnehmbares Kabel, 3 m, mit 6,3-mm-Adapter", "Fünf Jahre Garantie"},
		},
		"bounce-wireless-headphones": {
			title: "Bounce Funkkopfhörer", subtitle: "Leichter On-Ear-Kopfhörer für jeden Tag",
			text:   "Bounce wiegt weniger als ein Apfel, passt gefaltet in die Manteltasche und hält eine Arbeitswoche durch. Das Paar, das man ohne Sorge verleiht.",
			points: []string{"60 Stunden Musik", "Flach faltbar", "Für alles ein echter Knopf, kein Wischen"},
		},
		"little-band-kids-headphones": {
			title: "Little Band Kinderkopfhörer", subtitle: "Laut genug für Lieder, nie zu laut für Ohren",
			text:   "Die Grenze von 85 Dezibel steckt in der Elektronik und nicht in einer App, also schaltet sie auf dem Rücksitz niemand ab. Der Bügel lässt sich zum Kreis biegen und kommt zurück.",
			points: []string{"Auf 85 dB begrenzt", "Zweite Buchse, damit zwei hören können", "Aufkleber liegen bei"},
		},
		"vidde-open-back-headphones": {
			title: "Vidde offener Kopfhörer", subtitle: "Als säße die Band im Zimmer nebenan",
			text:   "Offene Muscheln lassen Luft und Klang hindurch, und die Bühne wächst über die Schultern hinaus. Gemacht für den Sessel und einen ruhigen Abend; die Nachbarin im Bus wird es Ihnen nicht danken.",
			points: []string{"Magnetostatische Treiber", "Rahmen aus Buche und Aluminium", "Symmetrisches Kabel liegt bei"},
		},
		"dugg-anc-earbuds": {
			title: "Dugg ANC-Ohrhörer", subtitle: "Geräuschunterdrückung, so klein wie ein Tautropfen",
			text:   "Vier Größen von Aufsätzen, eine davon ist Ihre. Dugg prüft den Sitz mit einem kurzen Ton, dann wird es still, und die Straße auch.",
			points: []string{"8 Stunden, 32 mit dem Etui", "Regen und Schweiß machen nichts (IP55)", "Der Akku des Etuis ist austauschbar"},
		},
		"pebble-sport-earbuds": {
			title: "Pebble Sport-Ohrhörer", subtitle: "Bleiben sitzen, wenn Sie vom Brett fallen",
			text:   "Ein weicher Haken hält am Ohr, und der Gummiknopf lässt sich mit Handschuhen drücken. Nach dem Lauf einfach unter dem Hahn abspülen.",
			points: []string{"Die offene Form lässt den Verkehr durch", "10 Stunden mit einer Ladung", "Übersteht einen Meter Wasser (IP67)"},
		},
		SlugArchived: {
			title: "Pip Musikspieler zum Anklemmen", subtitle: "Ein Musikspieler für den Ärmel",
			text:   "Pip hatte Platz für zweitausend Lieder und für keine Nachricht. Wir haben ihn eingestellt, als der letzte Hersteller der Anzeige aufhörte; Klammern gibt es weiterhin.",
			points: []string{"Wiegt 21 g", "Kennt kein Internet"},
		},
		"stue-bookshelf-speakers": {
			title: "Stue Regallautsprecher", subtitle: "Ein Paar Aktivlautsprecher für das Wohnzimmer",
			text:   "Je Seite zwei Treiber, zwei Verstärker und ein Gehäuse aus Holz: Mehr braucht es nicht, wenn jedes davon gut gemacht ist. Stue spielt vom Plattenspieler, vom Fernseher oder vom Telefon und verlangt kein Konto.",
			points: []string{"60 W je Seite", "Phono, optisch, HDMI ARC und Bluetooth", "Abdeckungen halten mit Magneten"},
		},
		"tumble-portable-speaker": {
			title: "Tumble tragbarer Lautsprecher", subtitle: "Ein Bluetooth-Lautsprecher, der schwimmt, mit dem Gesicht nach oben",
			text:   "Tumble hat ein Seil, Ecken aus Gummi und einen Bass, der zu einer größeren Kiste gehört. Sand, Suppe und das tiefe Ende des Beckens hält er aus.",
			points: []string{"24 Stunden Musik", "Wasser- und staubdicht (IP68)", "Zwei davon werden ein Stereopaar"},
		},
		"kveld-table-radio": {
			title: "Kveld Tischradio", subtitle: "Ein Knopf für die Nachrichten, einer für die Lautstärke",
			text:   "Kveld weckt sanft, spielt DAB+, UKW und was Ihr Telefon schickt, und seine Anzeige wird dunkel, wenn das Zimmer es wird.",
			points: []string{"DAB+, UKW und Bluetooth", "Zwei Wecker, die langsam lauter werden", "Griff aus pflanzlich gegerbtem Leder"},
		},
		"longline-soundbar": {
			title: "Longline Soundbar", subtitle: "Stimmen, denen man folgen kann, um Mitternacht, ganz leise",
			text:   "Ein Kabel zum Fernseher, bedient mit der Fernbedienung, die Sie schon haben. Ein eigener Treiber in der Mitte hält Gespräche klar, wenn die Hubschrauber kommen.",
			points: []string{"HDMI eARC, Kabel liegt bei", "Nacht- und Sprachmodus", "Hängt oder steht"},
		},
		"runde-turntable": {
			title: "Runde Plattenspieler", subtitle: "Riemenantrieb, im Werk eingestellt, spielt nach zehn Minuten",
			text:   "Der Arm ist ausgewogen und das System justiert, bevor Runde verpackt wird; die erste Platte braucht kein Werkzeug. Der eingebaute Vorverstärker lässt sich abschalten, wenn Sie ihm entwachsen sind.",
			points: []string{"33⅓ und 45 Umdrehungen", "Tonabnehmer (MM) ist montiert", "Zarge aus echtem Holz"},
		},
		"ordet-usb-microphone": {
			title: "Ordet USB-Mikrofon", subtitle: "Für Podcasts, Gespräche und das Lied, das nicht warten kann",
			text:   "Eine große Kapsel, ein Stativ mit Gewicht und ein Regler, der auf Druck stummschaltet. Einstecken und sprechen; zu installieren gibt es nichts.",
			points: []string{"Nierenkapsel, 24 mm", "Kopfhörer zum Mithören anschließbar", "Poppschutz und Stativ liegen bei"},
		},
	}
}

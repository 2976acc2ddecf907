package demo

// germanDesk are the German texts of computing and furniture.
func germanDesk() map[string]germanText {
	return map[string]germanText{
		"ledger-75-keyboard": {
			title: "Ledger 75 mechanische Tastatur", subtitle: "Eine kompakte Tastatur, die klingt wie Regen auf dem Zelt",
			text:   "Vierundachtzig Tasten, ein Drehknopf und ein Gehäuse, aus einem Stück Aluminium gefräst. Die Schalter lassen sich ohne Lötkolben tauschen, und die Beschriftung geht durch die Kappen hindurch; sie reibt sich nie ab.",
			points: []string{"Wechselbare Schalter", "USB-C, Bluetooth und 2,4 GHz", "Belegungen werden in der Tastatur gespeichert"},
		},
		"memo-slim-keyboard": {
			title: "Memo flache Tastatur", subtitle: "Leise und flach, für geteilte Räume",
			text:   "Scherentasten mit anderthalb Millimetern Hub, drei Rechner auf Tastendruck und ein Jahr zwischen zwei Ladungen, wenn das Licht aus bleibt.",
			points: []string{"So leise wie eine Seite beim Umblättern", "Wechselt zwischen drei Geräten", "42 % wiederverwerteter Kunststoff"},
		},
		"drift-ergonomic-mouse": {
			title: "Drift ergonomische Maus", subtitle: "Dreht das Handgelenk dorthin, wo es sein möchte",
			text:   "Drift neigt sich um 57 Grad, wie Ihre Hand, wenn sie an der Seite hängt. Das Rad rastet oder läuft frei, und Glas ist ihr recht.",
			points: []string{"Für die rechte oder die linke Hand", "Sechs Tasten, alle leise", "70 Tage mit einer Ladung"},
		},
		"pier-4k-monitor": {
			title: "Pier 4K-Bildschirm", subtitle: "Ein Kabel für Bild, Strom und alles, was dahinter steckt",
			text:   "Ein mattes Display, scharf wie Gedrucktes, im Werk kalibriert; der Prüfbericht liegt im Karton. Der Fuß hebt, dreht und lässt sich darunter putzen.",
			points: []string{"90 W für den Laptop über USB-C", "Vier USB-Buchsen und Ethernet", "Drei Jahre ohne Pixelfehler, sonst tauschen wir"},
		},
		"porthole-webcam": {
			title: "Porthole Webcam", subtitle: "Wach aussehen bei jedem Licht",
			text:   "Ein großer Sensor und eine Linse aus Glas leisten, was Filter nicht können. Ein Dreh am Ring schließt die Blende; die Leuchte daneben hängt am Sensor und kann deshalb nicht lügen.",
			points: []string{"4K mit 30 Bildern, 1080p mit 60", "Eine Blende, die man sieht", "Klemmt, steht oder passt auf ein Stativ"},
		},
		"cargo-portable-ssd": {
			title: "Cargo tragbare SSD", subtitle: "Ein Speicher für die Tasche, dem ein Sturz nichts macht",
			text:   "Kopiert eine Stunde 4K-Film in weniger als einer Minute und bleibt schnell, wenn ihm warm wird. Die Hülle aus Silikon fängt den Sturz vom Tisch ab; um den Rest kümmert sich die Verschlüsselung.",
			points: []string{"2000 MB je Sekunde", "Verschlüsselung in der Hardware, AES-256", "Übersteht drei Meter Fall"},
		},
		"jetty-usb-c-hub": {
			title: "Jetty USB-C-Hub", subtitle: "Neun Anschlüsse und ein Kabel zum Wechseln",
			text:   "An jedem Hub bricht zuerst das Kabel, darum lässt sich unseres abschrauben. Zwei Bildschirme, Ethernet, Karten und 100 Watt hindurch.",
			points: []string{"Zwei 4K-Bildschirme mit 60 Hz", "2,5-Gbit-Ethernet", "Ersatzkabel im Deckel"},
		},
		"tarn-dining-chair": {
			title: "Tarn Esszimmerstuhl", subtitle: "Für Essen, die weitergehen, wenn abgeräumt ist",
			text:   "Die Lehne ist aus einem Stück Esche gebogen und gibt ein wenig nach, wenn Sie lachen. Vier Schrauben halten den Sitz; den Bezug wechseln Sie, wenn die Kinder groß sind.",
			points: []string{"Massive Esche", "Trägt 150 kg", "Vier Stühle lassen sich stapeln"},
		},
		"perch-office-chair": {
			title: "Perch Bürostuhl", subtitle: "Bewegt sich, wenn Sie sich bewegen",
			text:   "Perch hat keine Hebel für die Haltung. Sitz und Lehne drehen sich um Ihre eigene Hüfte; mehr als Zurücklehnen ist nicht einzustellen. Rollen für Teppich und für Holz liegen beide im Karton.",
			points: []string{"Netzrücken, Sitz aus Wolle", "Höhe von 41 bis 54 cm", "Zehn Jahre Garantie"},
		},
		"knot-stool": {
			title: "Knot Hocker", subtitle: "Sitz, Tisch, Tritt und Platz für die Katze",
			text:   "Drei Beine wackeln nie. Die Keile, die sie halten, sind aus dunklerem Holz, damit man sieht, wie es zusammenhält.",
			points: []string{"Massive Eiche oder Nussbaum", "45 cm hoch", "Geölt, nicht lackiert"},
		},
		"harbour-sofa": {
			title: "Harbour Sofa", subtitle: "Tief genug für ein Nickerchen, fest genug für Gäste",
			text:   "Ein Rahmen aus Buche, Federn statt nur Schaum, und Bezüge, die sich zum Waschen abnehmen lassen. Es kommt in drei Kartons, die durch jedes Treppenhaus passen.",
			points: []string{"Bezüge bei dreißig Grad waschbar", "Mit einem Schlüssel aufgebaut", "Füße aus massiver Eiche"},
		},
		"plank-standing-desk": {
			title: "Plank Stehtisch", subtitle: "Um zehn nach oben, um drei nach unten, ohne einen Laut",
			text:   "Zwei Motoren heben 120 Kilogramm so ruhig wie der Aufzug in einem guten Hotel. Die Platte ist aus massiver Eiche, und die Kabel wohnen in einer Wanne darunter.",
			points: []string{"Von 62 bis 127 cm", "Merkt sich vier Höhen", "Hält an, wenn er etwas berührt"},
		},
		"rung-bookshelf": {
			title: "Rung Bücherregal", subtitle: "Lehnt an der Wand, als hätte es Zeit",
			text:   "Eine Leiter aus Esche mit Brettern, die nach unten tiefer werden. Eine Schraube hält sie; zwei Menschen stellen sie auf, während ein Ei kocht.",
			points: []string{"Fünf Bretter", "25 kg je Brett", "Filzfüße, die nicht rutschen"},
		},
	}
}

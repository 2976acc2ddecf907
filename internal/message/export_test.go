package message

// Rendered is what a template sees of args.
func Rendered(reader string, args Args) map[string]any { return render(reader, []Args{args}) }

// Read returns the messages of a language with their plural forms.
func Read(language string) map[Key][]string {
	texts := map[Key][]string{}
	for _, m := range read(language) {
		for _, form := range []string{m.Zero, m.One, m.Two, m.Few, m.Many, m.Other} {
			if form != "" {
				texts[Key(m.ID)] = append(texts[Key(m.ID)], form)
			}
		}
	}
	return texts
}

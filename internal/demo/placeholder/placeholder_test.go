package placeholder

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestTheSameSceneGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		for _, view := range []View{Front, Pair, Close} {
			s := Scene{Kind: kind, Colour: "#27335a", Second: "#eeeae1", Tone: "#3f4f8f", View: view, Width: 300, Height: 200}
			first, ok := SVG(s)
			again, _ := SVG(s)
			if !ok || !bytes.Equal(first, again) {
				t.Errorf("%s in view %d was drawn twice and differs", kind, view)
			}
			s.Colour = "#c0674a"
			if other, _ := SVG(s); bytes.Equal(first, other) {
				t.Errorf("%s in view %d looks the same in another colour", kind, view)
			}
		}
	}
}

func TestAThingWithoutADrawingIsRefused(t *testing.T) {
	t.Parallel()
	if _, ok := SVG(Scene{Kind: "unicorn", Colour: "#ffffff", Width: 10, Height: 10}); ok {
		t.Error("a unicorn was drawn, want none")
	}
}

func TestNamesInLogosAreEscaped(t *testing.T) {
	t.Parallel()
	logo := Logo("Orrin & <Pine>", "#8a6242", 100, 100)
	if !bytes.Contains(logo, []byte("Orrin &amp; &lt;Pine&gt;")) {
		t.Errorf("the logo holds its name unescaped: %s", logo)
	}
}

func TestColoursSurviveTheWayThroughHSL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		channel := rapid.IntRange(0, 255)
		colour := hex(channel.Draw(t, "r"), channel.Draw(t, "g"), channel.Draw(t, "b"))
		if got := fromHSL(hsl(colour)); got != colour {
			t.Errorf("%s came back as %s", colour, got)
		}
		if mix(colour, "#123456", 0) != colour || mix(colour, "#123456", 1) != "#123456" {
			t.Errorf("mixing %s with nothing or all of another colour changed it", colour)
		}
	})
}

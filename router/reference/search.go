package reference

import (
	"encoding/json"
	"fmt"
	"strings"

	"cartograph/router/supergraph"
)

// place is something that the search of both pages finds.
type place struct {
	Href string `json:"href"`
	ID   string `json:"id"`   // shown: a coordinate, or the title of a section
	Name string `json:"name"` // the last part of the coordinate, which matches first
	Kind string `json:"kind"`
	Text string `json:"text"` // shown below, and searched
	More string `json:"more"` // searched only
}

// renderIndex writes what can be found in the guide and in the reference. The guide
// comes first, since of equal matches the earlier is shown first.
func renderIndex(sdl string, access map[supergraph.Coordinate]supergraph.Access, o Options) ([]byte, error) {
	b, err := newDocument(sdl, access, o)
	if err != nil {
		return nil, err
	}
	chapters, err := chaptersOf(o.Guide)
	if err != nil {
		return nil, err
	}
	places := []place{}
	for _, c := range chapters {
		for _, s := range c.Sections {
			title := s.Title
			if s.ID != c.ID {
				title = c.Title + ": " + s.Title
			}
			places = append(places, place{Href: "/docs/guide#" + s.ID, ID: title, Name: s.Title, Kind: "guide", Text: s.Text})
		}
	}
	for _, g := range b.Groups {
		for _, e := range g.Entries {
			places = append(places, place{Href: "/docs#" + e.ID, ID: e.ID, Name: e.Name, Kind: e.Kind, Text: e.Description, More: e.more()})
			for _, f := range e.Fields {
				places = append(places, place{Href: "/docs#" + f.ID, ID: f.ID, Name: f.Name, Kind: "field", Text: f.Description, More: wordsOf(f.Arguments)})
			}
		}
	}
	index, err := json.Marshal(places)
	if err != nil {
		return nil, fmt.Errorf("write the search index: %w", err)
	}
	return index, nil
}

// more is what else an entry is found by: its arguments and codes.
func (e entry) more() string {
	words := []string{wordsOf(e.Arguments)}
	for _, c := range e.Codes {
		words = append(words, c.Name)
	}
	return strings.Join(words, " ")
}

func wordsOf(arguments []member) string {
	words := make([]string, 0, 2*len(arguments))
	for _, a := range arguments {
		words = append(words, a.Name, a.Description)
	}
	return strings.Join(words, " ")
}

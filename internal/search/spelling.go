package search

import (
	"slices"
	"strings"
)

// singularOf is the singular of an irregular English plural, also at the end of a
// compound: "pocketknives" are a "pocketknife".
func singularOf(word string) string {
	if singular, ok := singulars[word]; ok {
		return singular
	}
	for at := minSplit; at <= len(word)-minSplit; at++ {
		if singular, ok := singulars[word[at:]]; ok {
			return word[:at] + singular
		}
	}
	return word
}

// singulars are of the plurals that the English stemmer does not relate to them.
var singulars = map[string]string{
	"knives": "knife", "shelves": "shelf", "scarves": "scarf", "leaves": "leaf", "loaves": "loaf", "wives": "wife", "thieves": "thief",
	"halves": "half", "wolves": "wolf", "calves": "calf", "hooves": "hoof", "mice": "mouse", "geese": "goose", "feet": "foot",
	"teeth": "tooth", "men": "man", "women": "woman", "children": "child", "people": "person", "oxen": "ox",
}

// formsOf are a word as typed, with its umlauts as documents have them folded, and in the
// singular, as the ends of German and English compounds may have it.
func formsOf(word string) []string {
	forms := []string{word}
	add := func(form string) {
		if len(form) >= minHead && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	add(transcribed.Replace(word))
	for _, form := range slices.Clone(forms) {
		add(singularOf(form))
		for _, ending := range []string{"n", "s", "en", "e"} {
			if singular, ok := strings.CutSuffix(form, ending); ok {
				add(singular)
			}
		}
	}
	return forms
}

var transcribed = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// american is the American spelling of an English word. Documents and queries are both
// spelled like this before they are stemmed, so a word that the rules bend without need
// is still found.
func american(word string) string {
	if other, ok := americanWords[word]; ok {
		return other
	}
	for _, s := range americanSuffixes {
		if stem, ok := strings.CutSuffix(word, s.british); ok && len(stem) >= minSplit {
			return stem + s.american
		}
	}
	for _, doubled := range doubledConsonants {
		if strings.HasPrefix(word, doubled) {
			return doubled[:len(doubled)-1] + word[len(doubled):]
		}
	}
	return word
}

var americanSuffixes = []struct{ british, american string }{
	{"our", "or"},
	{"ours", "ors"},
	{"oured", "ored"},
	{"ouring", "oring"},
	{"ourful", "orful"},
	{"ourless", "orless"},
	{"tre", "ter"},
	{"tres", "ters"},
	{"bre", "ber"},
	{"bres", "bers"},
	{"logue", "log"},
	{"logues", "logs"},
	{"ise", "ize"},
	{"ised", "ized"},
	{"iser", "izer"},
	{"isers", "izers"},
	{"ising", "izing"},
}

var doubledConsonants = []string{"cancell", "channell", "enamell", "fuell", "jewell", "labell", "levell", "modell", "panell", "signall", "swivell", "travell", "wooll"}

var americanWords = map[string]string{
	"grey": "gray", "greys": "grays", "aluminium": "aluminum", "jewellery": "jewelry", "tyre": "tire", "tyres": "tires", "pyjama": "pajama", "pyjamas": "pajamas",
	"mould": "mold", "moulds": "molds", "moulded": "molded", "programme": "program", "programmes": "programs", "doughnut": "donut", "doughnuts": "donuts",
	"yoghurt": "yogurt", "cosy": "cozy", "litre": "liter", "litres": "liters", "fibre": "fiber", "fibres": "fibers",
}

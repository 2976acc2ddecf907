package search

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// measurePrefix is of lexemes of quantities: "~m.500ml", which "500 ml", "500ml" and
// "0.5 l" all have.
const measurePrefix = "~m."

// quantity is a number, with its unit or without.
var quantity = regexp.MustCompile(`^(\d{1,9}(?:[.,]\d{1,4})?)[-‑]?(\p{L}*)$`)

// measure is the lexeme of a number with a unit; false if the text is no unit.
func measure(number, unit string) (string, bool) {
	u, ok := units[unit]
	if !ok {
		return "", false
	}
	n, err := strconv.ParseFloat(strings.Replace(number, ",", ".", 1), 64)
	if err != nil {
		return "", false
	}
	return measurePrefix + strconv.FormatFloat(math.Round(n*u.size*1000)/1000, 'f', -1, 64) + u.base, true
}

// written is a quantity in a text.
type written struct {
	lexeme   string
	from, to int // of the fields that it is written in, to included
}

func fieldsOf(text string) []string { return strings.Fields(fold(text)) }

// measuresOf are the quantities in folded fields.
func measuresOf(fields []string) []written {
	var all []written
	for i, field := range fields {
		found := quantity.FindStringSubmatch(strings.TrimFunc(field, apart))
		if found == nil {
			continue
		}
		to, unit := i, found[2]
		if unit == "" && i+1 < len(fields) {
			to, unit = i+1, strings.TrimFunc(fields[i+1], apart)
		}
		if lexeme, ok := measure(found[1], unit); ok {
			all = append(all, written{lexeme, i, to})
		}
	}
	return all
}

type unit struct {
	base string
	size float64 // in the base
}

// units are by how they are written, folded.
var units = unitsOf(map[unit]string{
	{"ml", 1}: "ml milliliter milliliters millilitre millilitres", {"ml", 10}: "cl", {"ml", 1000}: "l liter liters litre litres",
	{"oz", 1}: "oz ounce ounces unze unzen", {"g", 1}: "g gram grams gramme gramm", {"g", 1000}: "kg kilo kilos kilogram kilograms kilogramm",
	{"lb", 1}: "lb lbs pound pounds", {"mm", 1}: "mm", {"mm", 10}: "cm centimeter centimeters centimetre centimetres zentimeter", {"mm", 1000}: "m meter meters metre metres",
	{"in", 1}: "in inch inches zoll", {"ft", 1}: "ft foot feet", {"w", 1}: "w watt watts", {"v", 1}: "v volt volts", {"gb", 1}: "gb gigabyte gigabytes",
	{"gb", 1000}: "tb terabyte terabytes", {"mah", 1}: "mah", {"h", 1}: "h hr hrs hour hours std stunde stunden", {"hz", 1}: "hz hertz", {"hz", 1000}: "khz",
	{"db", 1}: "db decibel decibels dezibel", {"lm", 1}: "lm lumen lumens",
})

func unitsOf(written map[unit]string) map[string]unit {
	all := map[string]unit{}
	for u, names := range written {
		for name := range strings.FieldsSeq(names) {
			all[name] = u
		}
	}
	return all
}

package address

import (
	"maps"
	"slices"
)

// Codes lists the codes of all countries, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(countries())) }

package address

import (
	"maps"
	"slices"
)

// Countries lists the codes of all countries, sorted.
func Countries() []string { return slices.Sorted(maps.Keys(countries())) }

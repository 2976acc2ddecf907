package promotion

import (
	"cmp"
	"math/bits"
	"slices"
)

// Allocate divides an amount in proportion to weights, by the method of the
// largest remainder: the parts add up to it exactly, each differs from its exact
// share by less than one minor unit, and none exceeds its weight if the amount does
// not exceed their sum. Of equal remainders the earlier line gets the unit, so that the
// same basket is always divided in the same way. Neither the amount nor a weight may be
// negative.
func Allocate(amount int64, weights []int64) []int64 {
	var whole uint64
	for _, w := range weights {
		whole += uint64(w)
	}
	parts := make([]int64, len(weights))
	if amount == 0 || whole == 0 {
		return parts
	}
	remainders, order, rest := make([]uint64, len(weights)), make([]int, len(weights)), amount
	for i, w := range weights {
		high, low := bits.Mul64(uint64(amount), uint64(w)) // the product may exceed 64 bits
		quotient, remainder := bits.Div64(high, low, whole)
		parts[i], remainders[i], order[i] = int64(quotient), remainder, i
		rest -= parts[i]
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(remainders[j], remainders[i]) })
	for _, i := range order[:rest] {
		parts[i]++
	}
	return parts
}

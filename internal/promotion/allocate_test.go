package promotion_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/promotion"
)

func TestAllocationLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, 1e14)), 1, 100).Draw(t, "weights")
		var whole int64
		for _, w := range weights {
			whole += w
		}
		amount := rapid.Int64Range(0, whole).Draw(t, "amount")
		parts := promotion.Allocate(amount, weights)

		var sum int64
		for i, part := range parts {
			sum += part
			if part < 0 || part > weights[i] {
				t.Fatalf("part %d of weight %d", part, weights[i])
			}
			if exact := float64(amount) / float64(max(whole, 1)) * float64(weights[i]); math.Abs(float64(part)-exact) > 1+exact*1e-9 {
				t.Fatalf("part %d, exact share %f", part, exact)
			}
		}
		if sum != amount {
			t.Fatalf("parts add up to %d, want %d", sum, amount)
		}
	})
}

func TestTheLargestRemaindersGetTheRest(t *testing.T) {
	for _, tt := range []struct {
		amount  int64
		weights []int64
		want    []int64
	}{
		{100, []int64{1, 1, 1, 97}, []int64{1, 1, 1, 97}},
		{10, []int64{333, 333, 334}, []int64{3, 3, 4}},
		{1, []int64{5, 5}, []int64{1, 0}}, // the earlier of equals
		{5, []int64{0, 7, 0, 3}, []int64{0, 4, 0, 1}},
		{0, []int64{5}, []int64{0}},
		{0, []int64{0, 0}, []int64{0, 0}},
	} {
		if got := promotion.Allocate(tt.amount, tt.weights); !slices.Equal(got, tt.want) {
			t.Errorf("Allocate(%d, %v) = %v, want %v", tt.amount, tt.weights, got, tt.want)
		}
	}
}

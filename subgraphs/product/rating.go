package product

import (
	"math"

	"cartograph/internal/event"
)

// Rating is how often a product was rated with 1 to 5 stars, in published reviews.
type Rating struct {
	Counts [5]int // by stars, from 1
}

// RatingBucket is the number of reviews with one rating.
type RatingBucket struct{ Rating, Count int }

// Count is the number of reviews.
func (r Rating) Count() int {
	n := 0
	for _, count := range r.Counts {
		n += count
	}
	return n
}

// AverageRating is rounded to two decimals; nil without reviews.
func (r Rating) AverageRating() *float64 {
	n, stars := r.Count(), 0
	if n == 0 {
		return nil
	}
	for i, count := range r.Counts {
		stars += (i + 1) * count
	}
	return new(math.Round(float64(stars)*100/float64(n)) / 100)
}

// Distribution is from 5 stars to 1.
func (r Rating) Distribution() []RatingBucket {
	buckets := make([]RatingBucket, len(r.Counts))
	for i, count := range r.Counts {
		buckets[len(buckets)-1-i] = RatingBucket{i + 1, count}
	}
	return buckets
}

func ratingOf(counts []int32) Rating {
	var r Rating
	for i := range min(len(counts), len(r.Counts)) {
		r.Counts[i] = int(counts[i])
	}
	return r
}

// snapshot is how events carry it; nil without reviews.
func (r Rating) snapshot() *event.Rating {
	average := r.AverageRating()
	if average == nil {
		return nil
	}
	return &event.Rating{Average: *average, Count: r.Count()}
}

package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Review is what an invented customer wrote about a product. The customers have no
// accounts.
type Review struct {
	ID, ProductID        string
	AuthorID, AuthorName string
	Rating               int
	Title, Body, Locale  string
	OrderID              string   // of the purchase; empty without one
	HelpfulTo            []string // the IDs of those who found it helpful
	CreatedAt            time.Time
}

// Reviews are the reviews of the products, whose dates lie between the product's and
// now. The same products have the same reviews at every start.
func Reviews(products []Product, now time.Time) []Review {
	var all []Review
	for _, p := range products {
		all = append(all, reviewsOf(p, now.UTC().Truncate(time.Second))...)
	}
	return all
}

// ratingCurve is how many of 100 reviews have 5, 4, 3, 2 and 1 stars.
func ratingCurve() []int { return []int{52, 26, 11, 6, 5} }

func reviewsOf(p Product, now time.Time) []Review {
	random := rand.New(rand.NewPCG(0, uint64(len(p.Slug)))) //nolint:gosec // the same texts at every start
	for _, letter := range p.Slug {
		random = rand.New(rand.NewPCG(random.Uint64(), uint64(letter))) //nolint:gosec // as above
	}
	reviewers := reviewers()
	random.Shuffle(len(reviewers), func(i, j int) { reviewers[i], reviewers[j] = reviewers[j], reviewers[i] })
	phrases := phrasesOf(p.Kind)
	count := 3 + random.IntN(5) + random.IntN(4)*random.IntN(2)
	first := random.IntN(60) // of the phrases; no two of the next 12 texts are the same
	reviews := make([]Review, count)
	for i := range reviews {
		by := reviewers[i]
		r := Review{
			ID: stableID("rev_", fmt.Sprintf("%s %d", p.Slug, i+1)), ProductID: p.ID, AuthorID: by.id, AuthorName: by.name,
			Rating: 5, Locale: by.locale,
		}
		for roll, n := random.IntN(100), 0; n < 4 && roll >= ratingCurve()[n]; n++ {
			roll -= ratingCurve()[n]
			r.Rating--
		}
		r.Title, r.Body = phrases.text(r.Rating, by.locale, first+i, random)
		r.CreatedAt = now.Add(-time.Duration(random.Int64N(max(int64(now.Sub(p.CreatedAt)), 1))))
		if random.IntN(10) < 8 {
			r.OrderID = stableID("ord_", r.ID)
		}
		for _, voter := range reviewers[count : count+random.IntN(4)*random.IntN(5)] {
			r.HelpfulTo = append(r.HelpfulTo, voter.id)
		}
		reviews[i] = r
	}
	return reviews
}

type reviewer struct{ id, name, locale string }

// reviewers are every first name with an initial; a third of them write German.
func reviewers() []reviewer {
	english := strings.Fields("Maya Theo Priya Owen Lucía Hana Felix Nora Idris Grace Tomás Zoe Malik June Ravi Elsa Callum Amara Joel Wren")
	german := strings.Fields("Anke Jonas Miriam Lars Frieda Cem Greta Ole Svenja Emil")
	var all []reviewer
	add := func(names []string, initials, locale string) {
		for i, name := range names {
			for j := range 2 {
				shown := name + " " + string(initials[(i*3+j*5)%len(initials)]) + "."
				all = append(all, reviewer{stableID("usr_", "reviewer "+shown), shown, locale})
			}
		}
	}
	add(english, "ABCDFGHKLMNPRSTW", "en-US")
	add(german, "BDEFHKLMRSTVW", "de-DE")
	return all
}

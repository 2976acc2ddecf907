package search

// Reading is a query's words as documents are matched by them. Documents must
// match all clauses and phrases. If no document does, whatever the filters, they
// must match at least half of the clauses. The filters have no influence because
// counts of facets are made under different filters and must agree.
type Reading struct {
	Clauses   []Clause
	Phrases   []string // lexemes of pairs in quotation marks
	Adjacent  []string // lexemes of pairs, each of which raises a document with it in its title or a name
	Heads     []string // lexemes, any of which raises a document with it in its title or a name
	Corrected string   // the corrected query; empty if nothing was corrected
}

// Least is the number of clauses that a partial match must match.
func (r *Reading) Least() int { return (len(r.Clauses) + 1) / 2 }

// Score is the relevance of a hit by the key of its Position: 1 for one that has all
// words, as written, in its title.
func (r *Reading) Score(key int64) float64 {
	points, _ := RelevanceOf(key)
	points %= ClausePoints
	best := int64(max(len(r.Clauses), 1)) * 60
	return max(min(float64(points)/float64(best), 1), 0.01)
}

// Clause is a word of a query, or words for which there is a synonym, with the
// alternatives that match it.
type Clause []Alternative

// Alternative matches a document that has a lexeme of each list, or, if there is no
// list, a word with the prefix.
type Alternative struct {
	All       [][]string
	Prefix    string
	Prominent bool // in the title or a name
	kind      kind
}

type kind int

const (
	asWritten kind = iota
	synonym
	beginning
	loose
)

// Points are what an alternative adds to the relevance of a document that has a
// lexeme with the weight; 0 means that the weight does not count. Points are
// integers, so that all indexes compute the same sums. The points of an
// alternative with several lists are divided among them.
func (a *Alternative) Points(w Weight) int {
	if a.Prominent && w > InName {
		return 0
	}
	points := [...][Weights]int{asWritten: {60, 30, 12, 6}, synonym: {50, 25, 10, 5}, beginning: {40, 20, 8, 4}, loose: {20, 10, 4, 2}}[a.kind][w]
	return max(points/max(len(a.All), 1), 1)
}

const (
	// AdjacentPoints are added for each of Adjacent that is in the title or a name, and
	// HeadPoints once for any of Heads that is.
	AdjacentPoints = 20
	HeadPoints     = 20
	// ClausePoints are added for each clause that a partial match matches: more than
	// all other points of a document.
	ClausePoints = 1000
)

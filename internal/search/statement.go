package search

import (
	"fmt"
	"slices"
	"strings"
)

// statement builds the SQL of one query. Values are always arguments, never
// text.
type statement struct {
	query    Query
	words    []spelling
	args     []any
	currency string // its argument's place, once there is a use for it
}

func newStatement(q Query, queryWords []spelling) *statement {
	return &statement{query: q, words: queryWords}
}

// inCurrency is the condition for prices to be in the query's currency.
func (s *statement) inCurrency() string {
	if s.currency == "" {
		s.currency = s.arg(s.query.Currency)
	}
	return "p.currency = " + s.currency + "::char(3)"
}

// arg adds an argument and returns its place.
func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return fmt.Sprintf("$%d", len(s.args))
}

const maxWords = 10

// slack is the number of typos that are corrected in a word. Short words are
// not corrected: too many others are similar.
func slack(word string) int {
	switch n := len([]rune(word)); {
	case n < 4:
		return 0
	case n < 5:
		return 1
	default:
		return 2
	}
}

// A group of conditions belongs to one facet: its counts leave them out.
type group = string

// conditions are those of the query's filter, by group. Documents are d, their
// prices p.
func (s *statement) conditions() map[group][]string {
	f := s.query.Filter
	all := map[group][]string{}
	add := func(g group, format string, v any) { all[g] = append(all[g], fmt.Sprintf(format, s.arg(v))) }
	if f.Within != "" {
		add("within", "d.terms @> %s::text[]", termsOf([]string{f.Within}, categoryTerm))
	}
	if len(f.Categories) > 0 {
		add(CategoryFacet, "d.terms @> %s::text[]", termsOf(f.Categories, categoryTerm))
	}
	if len(f.Brands) > 0 {
		add(BrandFacet, "d.terms && %s::text[]", termsOf(f.Brands, brandTerm))
	}
	if len(f.Tags) > 0 {
		add("tag", "d.terms && %s::text[]", termsOf(f.Tags, tagTerm))
	}
	if f.PriceMin != nil {
		add(PriceFacet, "p.up >= %s", *f.PriceMin)
	}
	if f.PriceMin != nil || f.PriceMax != nil {
		highest := int64(foreignRank - 1)
		if f.PriceMax != nil {
			highest = min(highest, *f.PriceMax)
		}
		add(PriceFacet, "p.up <= %s", highest)
	}
	if f.OnSale {
		all["onSale"] = []string{"p.on_sale"}
	}
	if f.InStock {
		all[StockFacet] = []string{"d.in_stock"}
	}
	for _, a := range f.Attributes {
		add(attributePrefix+a.Key, "d.terms && %s::text[]", termsOf(a.AnyOf, func(v string) string { return attributeTerm(a.Key, v) }))
	}
	return all
}

func termsOf(values []string, term func(string) string) []string {
	terms := make([]string, len(values))
	for i, v := range values {
		terms[i] = term(v)
	}
	return terms
}

// from is where the documents come from that meet all conditions but those of
// the group. priced makes p available even where no condition needs it.
func (s *statement) from(conditions map[group][]string, but group, priced bool) string {
	where := s.matchesWords()
	for g, list := range conditions {
		if g != but {
			where = append(where, list...)
		}
	}
	slices.Sort(where)
	tables := "search_documents d"
	if priced || slices.ContainsFunc(where, func(c string) bool { return strings.HasPrefix(c, "p.") }) {
		tables += " JOIN search_prices p ON p.id = d.id AND " + s.inCurrency()
	}
	if len(where) == 0 {
		return tables
	}
	return tables + " WHERE " + strings.Join(where, " AND ")
}

// order is how the hits are ordered.
type order struct {
	by    string // the expression that an index has
	key   string // by, as the number that a Position holds
	bound string // a Position's number, as by
	id    string // breaks ties in the same direction, so that one index walk gives the order
	falls bool
}

func (s *statement) order() order {
	plain := func(by, id string, falls bool) order { return order{by, by, "%s::bigint", id, falls} }
	switch {
	case s.query.Sort == PriceAsc:
		return plain("p.up", "p.id", false)
	case s.query.Sort == PriceDesc:
		return plain("p.down", "p.id", true)
	case s.query.Sort == Newest:
		return order{
			"d.created_at", "(extract(epoch FROM d.created_at) * 1000000)::bigint",
			"timestamptz 'epoch' + %s::bigint * interval '1 microsecond'", "d.id", true,
		}
	case s.query.Sort == Relevance && len(s.words) > 0:
		// In steps, so that hits of about the same relevance are in featured order.
		// Partial matches are first ordered by how many words they match.
		relevance := fmt.Sprintf("floor(ts_rank('{0.05, 0.2, 0.5, 1}', d.tsv, (SELECT q FROM reading)) * %d)::bigint", relevanceSteps)
		if len(s.words) > 1 {
			relevance = fmt.Sprintf("(CASE WHEN (SELECT partial FROM reading) THEN %s * %d ELSE 0 END + %s)", matchedWords, relevanceSteps+1, relevance)
		}
		return plain(fmt.Sprintf("(%s * %d + d.featured)", relevance, featuredRange), "d.id", true)
	default:
		return plain("d.featured", "d.id", true)
	}
}

// hits is the statement for a page of hits, and one more to see if there are.
func (s *statement) hits() string {
	o := s.order()
	columns := []string{"d.card", o.key + " AS key"}
	if s.query.Highlights {
		columns = append(columns, "d.description")
	} else {
		columns = append(columns, "'' AS description")
	}
	with := ""
	if len(s.words) > 0 {
		with = "WITH " + s.reading()
		columns = append(columns, "(SELECT corrected FROM reading) AS corrected", "(SELECT partial FROM reading) AS partial")
	} else {
		columns = append(columns, "NULL::text AS corrected", "false AS partial")
	}
	conditions := s.conditions()
	compare, direction := ">", "ASC"
	if o.falls {
		compare, direction = "<", "DESC"
	}
	if after := s.query.After; after != nil {
		conditions["after"] = []string{fmt.Sprintf("(%s, %s) %s (%s, %s)",
			o.by, o.id, compare, fmt.Sprintf(o.bound, s.arg(after.Key)), s.arg(after.ID))}
	}
	return fmt.Sprintf("%s\nSELECT %s FROM %s ORDER BY %s %s, %s %s LIMIT %s", with, strings.Join(columns, ", "),
		s.from(conditions, "", strings.HasPrefix(o.by, "p.")), o.by, direction, o.id, direction, s.arg(s.query.First+1))
}

package search

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// counts is the statement that counts hits: all of them, and, for facets, by
// term, by range of price and by being in stock. Each count runs over the
// documents that meet the conditions of all groups but its own; documents that
// several counts need are found once.
func (s *statement) counts() string {
	c := counting{statement: s, conditions: s.conditions(), names: map[string]string{}}
	c.arms = append(c.arms, "SELECT 'total' AS kind, '' AS value, count(*) AS n, 1::bigint AS total FROM "+c.set(""))
	if s.query.Facets {
		c.terms()
		c.prices()
		c.stock()
	}
	with := slices.Clone(c.with)
	if len(s.words) > 0 {
		with = append([]string{s.reading()}, with...)
	}
	sql := strings.Join(c.arms, "\nUNION ALL\n")
	if len(with) > 0 {
		sql = "WITH " + strings.Join(with, ", ") + "\n" + sql
	}
	return "SELECT c.kind, c.value, c.n AS count, c.total, coalesce(t.field, '') AS field, coalesce(t.label, '') AS label, coalesce(t.swatch, '') AS swatch FROM (" +
		sql + "\n) AS c LEFT JOIN search_terms t ON t.term = c.value ORDER BY c.n DESC, c.value"
}

type counting struct {
	*statement
	conditions map[group][]string
	names      map[string]string // of the sets, by their FROM
	with       []string
	arms       []string
}

// everything reports whether no condition but the group's own restricts the
// documents. Then the counts are those of the whole index, which
// search_prices and search_terms have without reading documents.
func (c *counting) everything(but group) bool {
	for g := range c.conditions {
		if g != but {
			return false
		}
	}
	return len(c.words) == 0
}

// set names the documents that meet all conditions but those of the group.
func (c *counting) set(but group) string {
	if c.everything(but) {
		return "search_prices p WHERE " + c.inCurrency()
	}
	from := c.from(c.conditions, but, c.query.Facets)
	name, known := c.names[from]
	if !known {
		name = fmt.Sprint("set", len(c.names))
		c.names[from] = name
		columns := "d.id"
		if c.query.Facets {
			columns = "d.terms, d.in_stock, p.up"
		}
		c.with = append(c.with, fmt.Sprintf("%s AS MATERIALIZED (SELECT %s FROM %s)", name, columns, from))
	}
	return name
}

// terms counts by term: the groups that have conditions each in its own set,
// all others in that of the hits.
func (c *counting) terms() {
	others := []string{"NOT starts_with(term, 'tag=')"}
	for _, g := range slices.Sorted(maps.Keys(c.conditions)) {
		if g != BrandFacet && g != CategoryFacet && !strings.HasPrefix(g, attributePrefix) {
			continue
		}
		prefix := c.arg(g + "=")
		others = append(others, fmt.Sprintf("NOT starts_with(term, %s)", prefix))
		c.termArm(g, fmt.Sprintf("starts_with(term, %s)", prefix))
	}
	c.termArm("", strings.Join(others, " AND "))
}

// valuesOfFacet counts the terms of each facet before the least frequent are cut
// off.
const valuesOfFacet = "count(*) OVER (PARTITION BY split_part(term, '=', 1))"

func (c *counting) termArm(but group, which string) {
	if c.everything(but) { // then the dictionary of terms has the counts
		c.arms = append(c.arms, fmt.Sprintf(
			"(SELECT 'term', term, documents, %s FROM search_terms WHERE documents > 0 AND %s ORDER BY documents DESC LIMIT %d)", valuesOfFacet, which, MaxTerms))
		return
	}
	c.arms = append(c.arms, fmt.Sprintf(
		"(SELECT 'term', term, count(*), %s FROM %s, unnest(terms) AS term WHERE %s GROUP BY term ORDER BY count(*) DESC LIMIT %d)",
		valuesOfFacet, c.set(but), which, MaxTerms))
}

// prices counts by range. Documents without a price in the query's currency
// rank above foreignRank and are left out: their price is in another currency.
func (c *counting) prices() {
	set := c.set(PriceFacet)
	and := "WHERE"
	if c.everything(PriceFacet) {
		and = "AND"
	}
	c.arms = append(c.arms, fmt.Sprintf(
		"SELECT 'price', width_bucket(up, %s::bigint[])::text, count(*), 1 FROM %s %s up < %d GROUP BY 2",
		c.arg(PriceBounds(c.query.Currency)), set, and, int64(foreignRank)))
}

func (c *counting) stock() {
	set := c.set(StockFacet)
	if c.everything(StockFacet) {
		set = "search_documents"
	}
	c.arms = append(c.arms, fmt.Sprintf("SELECT 'stock', 'true', count(*), 1 FROM %s WHERE in_stock", set))
}

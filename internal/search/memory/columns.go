package memory

import "cartograph/internal/search"

// columns have what orders and filters compare, by slot.
type columns struct {
	featured, created, rating, sales column

	live    set
	inStock set
	stars   [search.Stars]set // with one star at least, two …
	prices  map[string]*prices
}

// prices are those in one currency.
type prices struct {
	up, down column
	onSale   set
	bounds   []int64
	ranges   []set // between the bounds; without the documents that have no price in the currency
}

func newColumns(currencies []string) columns {
	c := columns{prices: map[string]*prices{}}
	for _, currency := range currencies {
		bounds := search.PriceBounds(currency)
		c.prices[currency] = &prices{bounds: bounds, ranges: make([]set, len(bounds)+1)}
	}
	return c
}

func (c *columns) grow() {
	for _, column := range []*column{&c.featured, &c.created, &c.rating, &c.sales} {
		column.grow()
	}
	for _, p := range c.prices {
		p.up.grow()
		p.down.grow()
	}
}

func (c *columns) set(n uint32, d *search.Document) {
	c.featured.set(n, d.FeaturedRank())
	c.created.set(n, d.CreatedAt.UnixMicro())
	c.rating.set(n, d.Rating.Key())
	c.sales.set(n, d.Sales)
	c.live.put(n, true)
	c.inStock.put(n, d.Available > 0)
	for i := range c.stars {
		c.stars[i].put(n, c.rating.values[n] >= search.AtLeastStars(i+1))
	}
	for currency, p := range c.prices {
		up, down, onSale := d.Rank(currency)
		p.up.set(n, up)
		p.down.set(n, down)
		p.onSale.put(n, onSale)
		for i := range p.ranges {
			low, high := p.between(i)
			p.ranges[i].put(n, up >= low && up <= high)
		}
	}
}

// between are the lowest and the highest price of a range.
func (p *prices) between(i int) (low, high int64) {
	high = search.ForeignRank - 1
	if i > 0 {
		low = p.bounds[i-1]
	}
	if i < len(p.bounds) {
		high = p.bounds[i] - 1
	}
	return low, high
}

func (c *columns) remove(n uint32) {
	for _, s := range []*set{&c.live, &c.inStock} {
		s.put(n, false)
	}
	for i := range c.stars {
		c.stars[i].put(n, false)
	}
	for _, p := range c.prices {
		p.onSale.put(n, false)
		for i := range p.ranges {
			p.ranges[i].put(n, false)
		}
	}
}

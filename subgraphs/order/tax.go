package order

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/pricing"
)

// TaxLine is a tax of a quote.
type TaxLine struct {
	TitleKey message.Key
	Rate     float64 // 0.19
	Amount   money.Money
}

// Title is the tax and its rate for the reader of ctx.
func (l TaxLine) Title(ctx context.Context) string {
	return message.Text(ctx, l.TitleKey, message.Args{"rate": strconv.FormatFloat(math.Round(l.Rate*1e4)/100, 'f', -1, 64)})
}

// TaxLines lists the taxes in costs, the highest rate first.
func (c Costs) TaxLines() []TaxLine {
	lines := []TaxLine{}
	for _, t := range c.Taxes {
		lines = append(lines, TaxLine{
			TitleKey: t.Title, Rate: float64(t.Rate) / 10_000, Amount: money.Money{Minor: t.Minor, Currency: c.Total.Currency},
		})
	}
	return lines
}

// readTaxes sets the taxes by rate of a row; null is of a time with one rate for all
// goods.
func (c *Costs) readTaxes(stored []byte, country string) error {
	if stored != nil {
		if err := json.Unmarshal(stored, &c.Taxes); err != nil {
			return fmt.Errorf("read taxes: %w", err)
		}
		return nil
	}
	if c.Taxes = []pricing.RateTax{}; c.TaxRate > 0 {
		c.Taxes = append(c.Taxes, pricing.RateTax{Title: pricing.TaxTitle(country), Rate: c.TaxRate, Minor: c.Tax.Minor})
	}
	return nil
}

package product

import (
	"slices"

	"cartograph/subgraphs/product/db"
)

// regular replaces prices of active sales by the regular ones.
func regular(prices []db.PriceImport, sales []db.SaleSlot) {
	for _, sale := range sales {
		if n := indexOfSlot(prices, sale); n >= 0 && sale.Active {
			prices[n].PriceMinor, prices[n].CompareAtMinor = *sale.RegularMinor, sale.RegularCompareAtMinor
		}
	}
}

// switchSales returns which sales end and begin, and the regular prices to set: those
// given, and those of every sale, whose own prices take effect with them or end. A
// variant whose price was removed meanwhile gets none.
func switchSales(present, set []db.PriceImport, sales []db.SaleSlot) (_ []db.PriceImport, ended, begun []db.SaleSlot) {
	for _, sale := range sales {
		n := indexOfSlot(set, sale)
		if n < 0 {
			if at := indexOfSlot(present, sale); at >= 0 {
				set, n = append(set, present[at]), len(set)
			}
		}
		switch {
		case sale.Active && (!sale.Due || n < 0):
			sale.Active, sale.RegularMinor, sale.RegularCompareAtMinor = false, nil, nil
			ended = append(ended, sale)
		case !sale.Active && sale.Due && n >= 0:
			sale.Active, sale.RegularMinor, sale.RegularCompareAtMinor = true, &set[n].PriceMinor, set[n].CompareAtMinor
			begun = append(begun, sale)
		}
	}
	return set, ended, begun
}

func indexOfSlot(prices []db.PriceImport, sale db.SaleSlot) int {
	return slices.IndexFunc(prices, func(p db.PriceImport) bool { return p.VariantID == sale.VariantID && p.Currency == sale.Currency })
}

package db

import (
	"encoding/json"
	"fmt"
)

// Warning is an element of carts.warnings.
type Warning struct {
	Code      string `json:"code"`
	VariantID string `json:"variantId"`
	Title     string `json:"title"`
	Requested int    `json:"requested"`
	Kept      int    `json:"kept"`
}

// Warnings is the value of carts.warnings.
type Warnings []Warning

// LinesOf decodes the lines that a statement aggregated next to their cart.
func LinesOf(aggregated []byte) ([]CartLine, error) {
	var lines []CartLine
	if err := json.Unmarshal(aggregated, &lines); err != nil {
		return nil, fmt.Errorf("decode cart lines: %w", err)
	}
	return lines, nil
}

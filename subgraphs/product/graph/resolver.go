// Package graph resolves the product subgraph's schema. It converts; rules are
// in the package product.
package graph

import (
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/media"
	"cartograph/subgraphs/product/recommend"
	"cartograph/subgraphs/product/review"
)

// Resolver resolves every field that is not plain data.
type Resolver struct {
	Catalogue *product.Service
	Reviews   *review.Service
	Media     *media.Service
	Recommend *recommend.Service
}

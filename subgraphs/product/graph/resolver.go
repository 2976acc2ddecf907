// Package graph answers the product subgraph's part of the graph. It
// translates: rules are the product package's.
package graph

import "cartograph/subgraphs/product"

// Resolver resolves every field that is not plain data.
type Resolver struct {
	Catalogue *product.Service
}

// Package graph is the cart subgraph: the schema's fields as calls to the cart
// service. Resolvers translate; every rule lives in package cart.
package graph

import "cartograph/subgraphs/cart"

// Resolver is the root of all resolvers.
type Resolver struct {
	Carts *cart.Service
}

// Package graph is the order subgraph: the schema's fields as calls to the
// order service. Resolvers translate; every rule lives in package order.
package graph

import "cartograph/subgraphs/order"

// Resolver is the root of all resolvers.
type Resolver struct {
	Orders *order.Service
}

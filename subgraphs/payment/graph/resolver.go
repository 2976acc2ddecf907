// Package graph is the payment subgraph: the schema's fields as calls to the
// payment service. Resolvers translate; every rule lives in package payment.
package graph

import "cartograph/subgraphs/payment"

// Resolver is the root of all resolvers.
type Resolver struct {
	Payments *payment.Service
}

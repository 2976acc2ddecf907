// Package graph is the user subgraph: the schema's fields as calls to the user
// service. Resolvers translate; every rule lives in package user.
package graph

import "cartograph/subgraphs/user"

// Resolver is the root of all resolvers.
type Resolver struct {
	Accounts *user.Service
	Webhooks *user.Webhooks
}

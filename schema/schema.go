// Package schema is the contract: the subgraphs' GraphQL, what they compose
// to, and the calls between services.
package schema

import _ "embed"

// Supergraph is the graph that the router serves unless told otherwise,
// composed from the files beside it by `make schema`.
//
//go:embed supergraph.graphql
var Supergraph string

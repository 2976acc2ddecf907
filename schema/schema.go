// Package schema is the contract: the subgraphs' GraphQL, what they compose
// to, the guide for its clients, and the calls between services.
package schema

import (
	"embed"
	"io/fs"
)

// Supergraph is the graph that the router serves by default,
// composed from the files beside it by `make schema`.
//
//go:embed supergraph.graphql
var Supergraph string

//go:embed guide/*.md
var guide embed.FS

// Guide has the chapters of the guide for clients, as Markdown.
func Guide() fs.FS {
	chapters, err := fs.Sub(guide, "guide")
	if err != nil {
		panic("opening the embedded guide: " + err.Error())
	}
	return chapters
}

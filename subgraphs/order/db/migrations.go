// Package db is the order subgraph's SQL: migrations and queries.
package db

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations holds the files that make the order database.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic("order: migrations are not embedded: " + err.Error())
	}
	return sub
}

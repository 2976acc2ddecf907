package pg

import "io/fs"

// Shared returns the migrations of the tables that every service has.
func Shared() fs.FS {
	common, err := fs.Sub(shared, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return common
}

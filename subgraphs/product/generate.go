package product

//go:generate go tool gqlgen generate
//go:generate go tool -modfile=../../tools/go.mod sqlc generate

// Package sample is a small graph on which the tests of what all subgraphs
// have in common need it.
package sample

//go:generate go tool gqlgen generate

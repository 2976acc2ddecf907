package rpc

//go:generate go run cartograph/schema/rpc/generate ../../schema/rpc ../..

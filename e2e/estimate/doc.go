// Package estimate compares what a cart estimates with what its checkout costs.
package estimate

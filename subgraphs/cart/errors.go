package cart

import (
	"errors"
	"fmt"

	"cartograph/internal/fault"
)

// StockError means that less of a variant is available than requested.
type StockError struct {
	VariantID string
	Requested int
	Available int
}

func (e *StockError) Error() string {
	if e.Available <= 0 {
		return "This is sold out."
	}
	return fmt.Sprintf("Only %d of this are left.", e.Available)
}

// Unwrap makes it a fault.Error with code INSUFFICIENT_STOCK.
func (e *StockError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("INSUFFICIENT_STOCK")
}

// VersionError means that the cart has changed since the client read it.
type VersionError struct {
	Current int
}

func (e *VersionError) Error() string {
	return "The cart has changed. Review it and retry."
}

// Unwrap makes it a fault.Error with code CART_VERSION_MISMATCH.
func (e *VersionError) Unwrap() error {
	return fault.New(fault.Conflict, "%s", e.Error()).WithCode("CART_VERSION_MISMATCH")
}

func notFound() error {
	return fault.New(fault.NotFound, "Cart not found.").At("cartId")
}

// lineError adds the index of an input line to another error.
type lineError struct {
	cause error
	line  string
}

func (e *lineError) Error() string { return "line " + e.line + ": " + e.cause.Error() }

// Unwrap returns the cause.
func (e *lineError) Unwrap() error { return e.cause }

// PathOf is the path of the argument that caused err, or nil.
func PathOf(err error) []string {
	if e, ok := errors.AsType[*lineError](err); ok {
		return []string{"lines", e.line}
	}
	if f := fault.Of(err); f != nil {
		return f.Path
	}
	return nil
}

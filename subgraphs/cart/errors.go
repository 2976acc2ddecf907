package cart

import (
	"errors"
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/limits"
	"cartograph/internal/message"
)

// StockError means that less of a variant is available than requested.
type StockError struct {
	VariantID string
	Requested int
	Available int
}

func (e *StockError) Error() string {
	return fmt.Sprintf("%d of %s requested, %d available", e.Requested, e.VariantID, e.Available)
}

// Unwrap makes it a fault.Error with code INSUFFICIENT_STOCK.
func (e *StockError) Unwrap() error {
	if e.Available <= 0 {
		return fault.Localized(fault.Conflict, "cart.sold_out").WithCode("INSUFFICIENT_STOCK")
	}
	return fault.Localized(fault.Conflict, "cart.few_left", message.Args{"available": e.Available}).WithCode("INSUFFICIENT_STOCK")
}

// VersionError means that the cart has changed since the client read it.
type VersionError struct {
	Current int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the cart has version %d", e.Current)
}

// Unwrap makes it a fault.Error with code CART_VERSION_MISMATCH.
func (e *VersionError) Unwrap() error {
	return fault.Localized(fault.Conflict, "cart.version_mismatch").WithCode("CART_VERSION_MISMATCH")
}

func notFound() error {
	return fault.Localized(fault.NotFound, "cart.not_found").At("cartId")
}

// changed means that the cart was changed between the look-up of its prices and
// the lock of its row.
func changed() error { return fault.Localized(fault.Conflict, "cart.changed") }

func tooManyLines() error {
	return fault.Localized(fault.Invalid, "cart.too_many_lines", message.Args{"limit": limits.MaxCartLines}).WithCode("QUANTITY_LIMIT")
}

func quantityLimit(limit int) error {
	return fault.Localized(fault.Invalid, "cart.quantity_limit", message.Args{"limit": limit}).WithCode("QUANTITY_LIMIT")
}

// lineError adds the index of an input line, or another element of a list, to another
// error.
type lineError struct {
	cause error
	list  string // the argument
	line  string
}

func (e *lineError) Error() string { return e.list + " " + e.line + ": " + e.cause.Error() }

// Unwrap returns the cause.
func (e *lineError) Unwrap() error { return e.cause }

// inputError is an error of a use case whose arguments are the fields of an input object.
type inputError struct{ cause error }

func (e *inputError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *inputError) Unwrap() error { return e.cause }

// PathOf is the path of the argument that caused err, or nil.
func PathOf(err error) []string {
	if e, ok := errors.AsType[*inputError](err); ok {
		if path := PathOf(e.cause); len(path) > 0 && path[0] != "input" {
			return append([]string{"input"}, path...)
		}
		return PathOf(e.cause)
	}
	if e, ok := errors.AsType[*lineError](err); ok {
		return []string{e.list, e.line}
	}
	if f := fault.Of(err); f != nil {
		return f.Path
	}
	return nil
}

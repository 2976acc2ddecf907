package sample

import (
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Thing is what a shelf has.
type Thing interface{ IsThing() }

// Weighed is what has a weight.
type Weighed interface{ IsWeighed() }

// Size of a shelf.
type Size int

// The sizes.
const (
	Small Size = iota
	Large
)

// Shelf has fields of all kinds.
type Shelf struct {
	ID         string
	Weight     int64
	Name       *string
	Size       *Size
	MadeAt     *time.Time
	Boxes      []*Box
	Things     []Thing
	Tags       []string
	Missing    *string
	MissingBox *Box
}

// Box is on a shelf or in a box.
type Box struct {
	ID     string
	Weight int64
	Within *Box
}

// Safe is a thing that not everybody may read.
type Safe struct {
	ID     string
	Weight int64
}

// IsThing implements Thing.
func (*Shelf) IsThing() {}

// IsWeighed implements Weighed.
func (*Shelf) IsWeighed() {}

// IsThing implements Thing.
func (*Box) IsThing() {}

// IsThing implements Thing.
func (*Safe) IsThing() {}

// Label has arguments.
func (s *Shelf) Label(prefix string, price *string) string {
	if price != nil {
		return prefix + s.ID + " " + *price
	}
	return prefix + s.ID
}

// Resolving is the name of the field that gqlgen resolves.
func (*Shelf) Resolving(ctx context.Context) string { return graphql.GetFieldContext(ctx).Field.Name }

// Absent is null.
func (*Shelf) Absent() (int, bool) { return 0, false }

var errBroken = errors.New("the shelf is broken")

// Fails has an error.
func (*Shelf) Fails() (*string, error) { return nil, errBroken }

// FailsHard has an error where null is not allowed.
func (*Shelf) FailsHard() (string, error) { return "", errBroken }

// Fails has an error where null is not allowed.
func (*Box) Fails() (string, error) { return "", errBroken }

// Panics has a bug.
func (*Shelf) Panics() *string { panic("the shelf fell") }

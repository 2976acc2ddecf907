// Package optional converts between values and the pointers that generated
// code uses for what may be absent.
package optional

// Of returns a pointer to v, or nil if v is the zero value: an empty text or
// a count of zero is shown as null.
func Of[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Value returns what p points to, or the zero value if p is nil.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Pointers returns a pointer to each element of list. They alias list: a
// change through one of them changes list. The result is never nil, so that
// an empty list is encoded as [] and not as null.
func Pointers[T any](list []T) []*T {
	pointers := make([]*T, len(list))
	for i := range list {
		pointers[i] = &list[i]
	}
	return pointers
}

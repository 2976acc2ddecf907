package transport

import (
	"fmt"

	"cartograph/router/plan"
)

// Priority decides which operations run first when more arrive than can run, and
// which are refused first.
type Priority int

// The priorities.
const (
	Highest Priority = iota
	High
	Normal // of fields without another
	Low
	Lowest
)

var priorityNames = [...]string{Highest: "highest", High: "high", Normal: "normal", Low: "low", Lowest: "lowest"}

func (p Priority) String() string { return priorityNames[p] }

// MarshalText writes a priority's name.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a priority's name.
func (p *Priority) UnmarshalText(text []byte) error {
	for i, name := range priorityNames {
		if name == string(text) {
			*p = Priority(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %q", text, priorityNames)
}

// priorityOf returns the priority of the operations of one request: the lowest of
// them, so that none is hidden behind another.
func (o Options) priorityOf(ops []*plan.Operation) Priority {
	lowest := Highest
	for _, op := range ops {
		lowest = max(lowest, PriorityOf(o.Priorities, op))
	}
	return lowest
}

// PriorityOf returns the priority of an operation, by those of root fields. It is the
// lowest of a query's fields: with any other rule, a search beside a cheap field would
// go before searches. A mutation has the highest of its fields: it takes effect one
// field after the other, and the most urgent must not wait for a companion of less.
func PriorityOf(priorities map[string]Priority, op *plan.Operation) Priority {
	if len(op.RootFields) == 0 {
		return Normal
	}
	result := priorityOfField(priorities, op.RootFields[0])
	for _, field := range op.RootFields[1:] {
		if op.Kind == plan.Mutation {
			result = min(result, priorityOfField(priorities, field))
		} else {
			result = max(result, priorityOfField(priorities, field))
		}
	}
	return result
}

func priorityOfField(priorities map[string]Priority, name string) Priority {
	if p, ok := priorities[name]; ok {
		return p
	}
	return Normal
}

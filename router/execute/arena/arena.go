// Package arena holds the JSON of one request as a flat list of nodes.
//
// Every response of a subgraph is read into the same arena. Text is not copied: a
// node holds the range of its source where its text is, so that the sources must
// not change until Reset. Objects that are part of several responses are not
// merged either: the later one overlays the earlier, and a look-up searches
// both. Merging would copy fields, and an entity that belongs to many objects
// would be copied for each.
//
// An arena serves one request at a time and is reused. Nodes refer to each other
// by index: they contain no pointers, so that the garbage collector does not
// scan them.
package arena

import (
	"errors"
	"math"
	"unsafe"
)

// ID identifies a node until the arena is reset.
type ID int32

// None is no node: a missing field, or the end of a list.
const None ID = -1

// Kind is the type of a value: the first byte of its text.
type Kind uint8

// The kinds of value.
const (
	Object Kind = '{'
	List   Kind = '['
	String Kind = '"'
	Number Kind = '0'
	True   Kind = 't'
	False  Kind = 'f'
	Null   Kind = 'n'
)

// The number of elements up to which memory is kept between requests: one large
// response must not occupy memory for ever.
const (
	maxRetainedNodes    = 1 << 16 // of 32 bytes each
	maxRetainedOverlays = 1 << 14
)

// ErrInvalid is returned for a text that is not JSON, or nested too deep.
var ErrInvalid = errors.New("invalid JSON")

// node is one value, 32 bytes without a pointer: two share a cache line.
type node struct {
	start, end       uint32 // of the text in its source
	keyStart, keyEnd uint32 // of the name in the same source, without quotes
	first            ID     // child
	next             ID     // sibling
	over             int32  // first overlay, or -1
	source           uint16
	kind             Kind
	flags            uint8
}

const (
	escapedKey = 1 << iota // the name contains a backslash
	shadowed               // an older value of the same name overrides this one
	overlaid               // the object overlays another
	shared                 // the value is reachable through several objects
)

type overlay struct {
	node ID
	next int32
}

// Arena holds the values of one request. The zero value is ready for use.
type Arena struct {
	nodes    []node
	overlays []overlay
	sources  [][]byte
}

// Reset removes all values and sources.
func (a *Arena) Reset() {
	if cap(a.nodes) > maxRetainedNodes {
		a.nodes = nil
	}
	if cap(a.overlays) > maxRetainedOverlays {
		a.overlays = nil
	}
	clear(a.sources)
	a.nodes, a.overlays, a.sources = a.nodes[:0], a.overlays[:0], a.sources[:0]
}

// NewObject adds an object without fields, to be overlaid by others.
func (a *Arena) NewObject() ID {
	a.nodes = append(a.nodes, node{first: None, next: None, over: -1, kind: Object, source: a.addSource(nil)})
	return ID(len(a.nodes) - 1)
}

func (a *Arena) addSource(text []byte) uint16 {
	a.sources = append(a.sources, text)
	return uint16(len(a.sources) - 1)
}

func (a *Arena) full(text []byte) bool {
	return len(a.sources) >= math.MaxUint16 || len(text) >= math.MaxUint32
}

// Kind is the kind of a value; that of None is Null.
func (a *Arena) Kind(id ID) Kind {
	if id < 0 {
		return Null
	}
	return a.nodes[id].kind
}

// IsNull reports a value that is null or not there.
func (a *Arena) IsNull(id ID) bool { return id < 0 || a.nodes[id].kind == Null }

// IsShared reports a value that may be reachable in several ways, because it
// belongs to an object that overlays several. It is the same in all of them.
func (a *Arena) IsShared(id ID) bool { return id >= 0 && a.nodes[id].flags&shared != 0 }

// Size is the number of nodes; all IDs are below it.
func (a *Arena) Size() int { return len(a.nodes) }

// Raw returns the JSON of a value as it was read, which must not be changed. For
// an object it lacks the overlays.
func (a *Arena) Raw(id ID) []byte {
	n := &a.nodes[id]
	return a.sources[n.source][n.start:n.end]
}

// First returns the first element of a list, or the first field of an object
// without overlays.
func (a *Arena) First(id ID) ID {
	if id < 0 {
		return None
	}
	return a.nodes[id].first
}

// Next returns the following element or field.
func (a *Arena) Next(id ID) ID {
	if id < 0 {
		return None
	}
	return a.nodes[id].next
}

// Len counts the elements of a list.
func (a *Arena) Len(id ID) int {
	n := 0
	for c := a.First(id); c >= 0; c = a.nodes[c].next {
		n++
	}
	return n
}

// Get returns a field of an object, or None. The object's own fields have
// precedence over its overlays', and these over later ones', except for
// __typename; see overlayTypeName.
func (a *Arena) Get(id ID, name string) ID {
	if id < 0 || a.nodes[id].kind != Object {
		return None
	}
	n := &a.nodes[id]
	if n.over >= 0 && name == typeName {
		if c := a.overlaidTypeName(n); c >= 0 {
			return c
		}
	}
	if c := a.child(n, name); c >= 0 {
		return c
	}
	for o := n.over; o >= 0; o = a.overlays[o].next {
		if c := a.child(&a.nodes[a.overlays[o].node], name); c >= 0 {
			return c
		}
	}
	return None
}

// GetHinted is Get for a walk in the order of the source: near is the node after
// the last one found. A wrong hint costs one comparison. Where responses contradict
// each other on a scalar, it may find another's value than Get.
func (a *Arena) GetHinted(id ID, name string, near ID) ID {
	if near >= 0 {
		n := &a.nodes[near]
		if n.flags&shadowed == 0 && int(n.keyEnd-n.keyStart) == len(name) &&
			string(a.sources[n.source][n.keyStart:n.keyEnd]) == name {
			return near
		}
	}
	return a.Get(id, name)
}

// At follows names from a value.
func (a *Arena) At(id ID, path []string) ID {
	for _, name := range path {
		id = a.Get(id, name)
	}
	return id
}

func (a *Arena) child(parent *node, name string) ID {
	for c := parent.first; c >= 0; {
		n := &a.nodes[c]
		if int(n.keyEnd-n.keyStart) == len(name) && string(a.sources[n.source][n.keyStart:n.keyEnd]) == name {
			return c
		}
		if n.flags&escapedKey != 0 && Unescape(a.sources[n.source][n.keyStart:n.keyEnd]) == name {
			return c
		}
		c = n.next
	}
	return None
}

// Key returns the name of a field.
func (a *Arena) Key(id ID) string {
	n := &a.nodes[id]
	key := a.sources[n.source][n.keyStart:n.keyEnd]
	if n.flags&escapedKey != 0 {
		return Unescape(key)
	}
	return string(key)
}

// keyView is Key without a copy: valid as long as the source.
func (a *Arena) keyView(id ID) string {
	n := &a.nodes[id]
	if n.flags&escapedKey != 0 || n.keyEnd == n.keyStart {
		return a.Key(id)
	}
	return unsafe.String(&a.sources[n.source][n.keyStart], n.keyEnd-n.keyStart)
}

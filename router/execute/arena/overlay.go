package arena

// Lay puts an object over another: a look-up in the lower one sees the upper
// one's fields where it has none of its own. Objects and lists that both have
// are joined in the same way. It reports false if values of one name cannot be
// joined, since one is a list and the other is not, or their lengths differ;
// the lower one's then stands. Of __typename the later holds.
//
// The upper object is shared, not copied, so it may lie over many.
func (a *Arena) Lay(lower, upper ID) bool {
	if lower == upper {
		return true
	}
	last := int32(-1)
	for o := a.nodes[lower].over; o >= 0; o = a.overlays[o].next {
		if a.overlays[o].node == upper {
			return true
		}
		last = o
	}
	ok := true
	again := a.nodes[upper].flags & laid
	a.nodes[upper].flags |= laid
	for c := a.nodes[upper].first; c >= 0; c = a.nodes[c].next {
		if kind := a.nodes[c].kind; kind != Object && kind != List {
			a.name(lower, c)
			continue
		}
		if again != 0 {
			a.nodes[c].flags |= shared
		}
		if same := a.Get(lower, a.view(c)); same >= 0 && same != c {
			a.nodes[c].flags |= shadowed
			ok = a.join(same, c) && ok
		}
	}
	a.overlays = append(a.overlays, overlay{upper, -1})
	if added := int32(len(a.overlays) - 1); last < 0 {
		a.nodes[lower].over = added
	} else {
		a.overlays[last].next = added
	}
	return ok
}

// name makes look-ups see what an object is called by the later answer. The
// two differ where the first knew an interface as one object type, and by that
// name.
func (a *Arena) name(lower, upper ID) {
	if a.view(upper) != typeName {
		return
	}
	if same := a.Get(lower, typeName); same >= 0 && same != upper {
		a.nodes[same].flags |= shadowed
	}
}

// named is the name of an object with others over it, or None.
func (a *Arena) named(n *node) ID {
	found := None
	for o := n.over; o >= 0; o = a.overlays[o].next {
		if c := a.child(&a.nodes[a.overlays[o].node], typeName); c >= 0 {
			found = c
		}
	}
	return found
}

const typeName = "__typename"

func (a *Arena) join(lower, upper ID) bool {
	l, u := &a.nodes[lower], &a.nodes[upper]
	switch {
	case u.kind == Null:
		return true
	case l.kind == Null:
		a.replace(lower, upper)
		return true
	case l.kind == Object && u.kind == Object:
		return a.Lay(lower, upper)
	case l.kind == List && u.kind == List:
		return a.joinLists(lower, upper)
	default:
		return l.kind != Object && l.kind != List && u.kind != Object && u.kind != List
	}
}

func (a *Arena) joinLists(lower, upper ID) bool {
	l, u := a.nodes[lower].first, a.nodes[upper].first
	if u < 0 {
		return true
	}
	if l < 0 {
		a.replace(lower, upper)
		return true
	}
	if a.Len(lower) != a.Len(upper) {
		return false
	}
	ok := true
	for l >= 0 && u >= 0 {
		ok = a.join(l, u) && ok
		l, u = a.nodes[l].next, a.nodes[u].next
	}
	return ok
}

// replace gives a value the content of another, with its name: both stand in
// the other's source. It is the same name.
func (a *Arena) replace(id, with ID) {
	next := a.nodes[id].next
	a.nodes[id] = a.nodes[with]
	a.nodes[id].next = next
	a.nodes[id].flags &^= shadowed | shared
}

package arena

// Overlay adds an object's fields to another: a look-up in the lower one finds the
// upper one's fields where it has none of its own. Objects and lists that both
// have are overlaid recursively. It returns false if values of one name cannot be
// merged, since only one is a list or object, or lists differ in length; the
// lower one's value is then kept. For __typename the last overlay wins.
//
// The upper object is referenced, not copied, so that it may overlay many; its
// composite fields are marked as shared from the second time on.
func (a *Arena) Overlay(lower, upper ID) bool {
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
	again := a.nodes[upper].flags & overlaid
	a.nodes[upper].flags |= overlaid
	for c := a.nodes[upper].first; c >= 0; c = a.nodes[c].next {
		if kind := a.nodes[c].kind; kind != Object && kind != List {
			a.overlayTypeName(lower, c)
			continue
		}
		if again != 0 {
			a.nodes[c].flags |= shared
		}
		if same := a.Get(lower, a.keyView(c)); same >= 0 && same != c {
			a.nodes[c].flags |= shadowed
			ok = a.merge(same, c) && ok
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

// overlayTypeName makes look-ups find the __typename of the later response. The
// two differ if the earlier subgraph has the type as an @interfaceObject, and
// responds with the name of the interface.
func (a *Arena) overlayTypeName(lower, upper ID) {
	if a.keyView(upper) != typeName {
		return
	}
	if same := a.Get(lower, typeName); same >= 0 && same != upper {
		a.nodes[same].flags |= shadowed
	}
}

// overlaidTypeName returns the __typename of an object's last overlay that has one,
// or None.
func (a *Arena) overlaidTypeName(n *node) ID {
	found := None
	for o := n.over; o >= 0; o = a.overlays[o].next {
		if c := a.child(&a.nodes[a.overlays[o].node], typeName); c >= 0 {
			found = c
		}
	}
	return found
}

const typeName = "__typename"

func (a *Arena) merge(lower, upper ID) bool {
	l, u := &a.nodes[lower], &a.nodes[upper]
	switch {
	case u.kind == Null:
		return true
	case l.kind == Null:
		a.replace(lower, upper)
		return true
	case l.kind == Object && u.kind == Object:
		return a.Overlay(lower, upper)
	case l.kind == List && u.kind == List:
		return a.mergeLists(lower, upper)
	default:
		return l.kind != Object && l.kind != List && u.kind != Object && u.kind != List
	}
}

func (a *Arena) mergeLists(lower, upper ID) bool {
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
		ok = a.merge(l, u) && ok
		l, u = a.nodes[l].next, a.nodes[u].next
	}
	return ok
}

// replace gives a node the content of another, and its place among its siblings
// stays. The name is copied too, because it must be in the same source as the
// text; it is the same name.
func (a *Arena) replace(id, with ID) {
	next := a.nodes[id].next
	a.nodes[id] = a.nodes[with]
	a.nodes[id].next = next
	a.nodes[id].flags &^= shadowed | shared
}

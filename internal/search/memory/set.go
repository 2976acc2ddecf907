package memory

import (
	"math/bits"
	"slices"
)

// set has a bit for each slot. Bits beyond its end are zero.
type set []uint64

const wordBits = 64

// words is the length of a set with a bit for each of n slots.
func words(n int) int { return (n + wordBits - 1) / wordBits }

func (s set) has(n uint32) bool {
	return int(n/wordBits) < len(s) && s[n/wordBits]&(1<<(n%wordBits)) != 0
}

// put adds or removes a slot.
func (s *set) put(n uint32, in bool) {
	for int(n/wordBits) >= len(*s) {
		if !in {
			return
		}
		*s = append(*s, 0)
	}
	if in {
		(*s)[n/wordBits] |= 1 << (n % wordBits)
	} else {
		(*s)[n/wordBits] &^= 1 << (n % wordBits)
	}
}

func (s set) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// countBoth counts the slots that are in both sets.
func (s set) countBoth(other set) int {
	shorter := min(len(s), len(other))
	a, b, n := s[:shorter], other[:shorter], 0
	for i, word := range a {
		n += bits.OnesCount64(word & b[i])
	}
	return n
}

// keep removes the slots that are not in the other set.
func (s set) keep(other set) {
	for i := range s {
		if i < len(other) {
			s[i] &= other[i]
		} else {
			s[i] = 0
		}
	}
}

// add adds the slots of a set that is not longer.
func (s set) add(other set) {
	for i, word := range other {
		s[i] |= word
	}
}

func (s set) clear() { clear(s) }

// each calls yield with the slots in ascending order.
func (s set) each(yield func(n uint32)) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			yield(uint32(i*wordBits + bits.TrailingZeros64(word)))
		}
	}
}

// members are the slots with a term: a list while they are few, so that a term that few
// documents have costs little, and else a set.
type members struct {
	n     int
	list  []uint32 // ascending; nil if there is a set
	dense set
}

// sparse is the number of members up to which a list is counted faster than a set of
// all slots.
func sparse(slots int) int { return max(words(slots), wordBits) }

func (m *members) put(n uint32, slots int) {
	if m.dense != nil {
		if !m.dense.has(n) {
			m.n++
			m.dense.put(n, true)
		}
		return
	}
	at, known := slices.BinarySearch(m.list, n)
	if known {
		return
	}
	m.list = slices.Insert(m.list, at, n)
	if m.n = len(m.list); m.n > sparse(slots) {
		m.dense = make(set, words(slots))
		for _, slot := range m.list {
			m.dense.put(slot, true)
		}
		m.list = nil
	}
}

func (m *members) remove(n uint32, slots int) {
	if m.dense == nil {
		if at, known := slices.BinarySearch(m.list, n); known {
			m.list = slices.Delete(m.list, at, at+1)
			m.n = len(m.list)
		}
		return
	}
	if !m.dense.has(n) {
		return
	}
	m.n--
	m.dense.put(n, false)
	if m.n < sparse(slots)/2 {
		m.list = make([]uint32, 0, m.n)
		m.dense.each(func(slot uint32) { m.list = append(m.list, slot) })
		m.dense = nil
	}
}

// countIn counts the members that are in a set.
func (m *members) countIn(s set) int {
	if m.dense != nil {
		return m.dense.countBoth(s)
	}
	n := 0
	for _, slot := range m.list {
		if s.has(slot) {
			n++
		}
	}
	return n
}

// addTo adds the members to a set of all slots.
func (m *members) addTo(s set) {
	s.add(m.dense)
	for _, slot := range m.list {
		s.put(slot, true)
	}
}

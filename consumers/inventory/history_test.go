package inventory_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/consumers/inventory"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

// model is a shop kept in memory, one step at a time.
type model struct {
	stock map[string][3]int // available, reserved, sold
	holds map[string]inventory.Status
	lines map[string]map[string]int // of holds
	late  map[string]bool           // holds that are overdue and not yet swept
}

func (m *model) move(checkout string, to inventory.Status, available, reserved, sold int) {
	for v, n := range m.lines[checkout] {
		f := m.stock[v]
		m.stock[v] = [3]int{f[0] + available*n, f[1] + reserved*n, f[2] + sold*n}
	}
	m.holds[checkout] = to
}

func (m *model) hold(checkout string, lines []event.Line) {
	if m.holds[checkout] != "" {
		return
	}
	requested := map[string]int{}
	for _, l := range lines {
		requested[l.VariantID] += l.Quantity
	}
	for v, n := range requested {
		if m.stock[v][0] < n {
			m.holds[checkout] = inventory.Rejected
			return
		}
	}
	m.lines[checkout] = requested
	m.move(checkout, inventory.Held, -1, +1, 0)
}

func (m *model) commit(checkout string) {
	switch {
	case m.holds[checkout] != inventory.Held:
	case m.late[checkout]:
		m.move(checkout, inventory.Expired, +1, -1, 0)
	default:
		m.move(checkout, inventory.Committed, 0, -1, +1)
	}
}

func (m *model) release(checkout string) {
	if status := m.holds[checkout]; status == "" || status == inventory.Held {
		m.move(checkout, inventory.Released, +1, -1, 0)
	}
}

func (m *model) takeBack(checkout string) {
	if m.holds[checkout] == inventory.Committed {
		m.move(checkout, inventory.Returned, +1, 0, -1)
	}
}

func (m *model) sweep() {
	for checkout := range m.late {
		if m.holds[checkout] == inventory.Held {
			m.move(checkout, inventory.Expired, +1, -1, 0)
		}
	}
}

// Whatever the requests and their order: Postgres and the model agree, and the
// stock adds up after every step.
func TestHistoriesMatchTheModel(t *testing.T) {
	t.Parallel()
	variants := []string{"var_a", "var_b", "var_c"}
	round := 0
	s := newShop(t)
	rapid.Check(t, func(rt *rapid.T) {
		round++
		name := func(v string) string { return fmt.Sprintf("%s_%d", v, round) }
		m := &model{map[string][3]int{}, map[string]inventory.Status{}, map[string]map[string]int{}, map[string]bool{}}
		var delivery []event.Line
		for _, v := range variants {
			n := rapid.IntRange(1, 9).Draw(rt, "stock of "+v)
			m.stock[name(v)] = [3]int{n}
			delivery = append(delivery, of(name(v), n))
		}
		must := func(_ any, err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		must(nil, s.Receive(t.Context(), name("delivery"), delivery))
		checkout := rapid.Custom(func(rt *rapid.T) string { return name(fmt.Sprintf("chk_%d", rapid.IntRange(1, 6).Draw(rt, "n"))) })
		line := rapid.Custom(func(rt *rapid.T) event.Line {
			return of(name(rapid.SampledFrom(variants).Draw(rt, "variant")), rapid.IntRange(1, 4).Draw(rt, "quantity"))
		})
		rt.Repeat(map[string]func(*rapid.T){
			"hold": func(rt *rapid.T) {
				c, lines := checkout.Draw(rt, "checkout"), rapid.SliceOfN(line, 1, 4).Draw(rt, "lines")
				must(s.Hold(t.Context(), request(c, lines...)))
				m.hold(c, lines)
			},
			"opened": func(rt *rapid.T) {
				c, lines := checkout.Draw(rt, "checkout"), rapid.SliceOfN(line, 1, 4).Draw(rt, "lines")
				must(nil, s.Handle(t.Context(), eventtest.Envelope(event.CheckoutOpened{CheckoutID: c, Lines: lines, TTLSeconds: 600})))
				m.hold(c, lines)
			},
			"commit":  func(rt *rapid.T) { c := checkout.Draw(rt, "checkout"); must(s.Commit(t.Context(), c)); m.commit(c) },
			"release": func(rt *rapid.T) { c := checkout.Draw(rt, "checkout"); must(s.Release(t.Context(), c)); m.release(c) },
			"cancel": func(rt *rapid.T) {
				c := checkout.Draw(rt, "checkout")
				must(nil, s.Handle(t.Context(), eventtest.Envelope(event.OrderCancelled{OrderFacts: event.OrderFacts{CheckoutID: c}})))
				m.takeBack(c)
				m.release(c)
			},
			"return": func(rt *rapid.T) {
				if c := checkout.Draw(rt, "checkout"); m.holds[c] != "" {
					must(s.ReturnStock(t.Context(), c))
					m.takeBack(c)
				}
			},
			"extend": func(rt *rapid.T) {
				c := checkout.Draw(rt, "checkout")
				_, err := s.Extend(t.Context(), c, time.Minute)
				if live := m.holds[c] == inventory.Held && !m.late[c]; !live && err == nil {
					rt.Fatalf("%s was extended, but is %s", c, m.holds[c])
				}
			},
			"time passes": func(rt *rapid.T) {
				c := checkout.Draw(rt, "checkout")
				if m.holds[c] == inventory.Held {
					s.expire(t, c)
					m.late[c] = true
				}
			},
			"sweep": func(rt *rapid.T) { must(s.Sweep(t.Context())); m.sweep() },
			"adjust": func(rt *rapid.T) {
				v, delta := name(rapid.SampledFrom(variants).Draw(rt, "variant")), rapid.IntRange(1, 5).Draw(rt, "delta")
				if rapid.Bool().Draw(rt, "down") {
					delta = -delta
				}
				must(s.Adjust(staff(t), adjustment(v, delta)))
				if f := m.stock[v]; f[0]+delta >= 0 {
					m.stock[v] = [3]int{f[0] + delta, f[1], f[2]}
				}
			},
			"": func(rt *rapid.T) { s.agreesWith(t, rt, m) },
		})
		must(s.Sweep(t.Context())) // leaves nothing of this history to the next
	})
}

func (s shop) agreesWith(t *testing.T, rt *rapid.T, m *model) {
	for _, v := range slices.Sorted(maps.Keys(m.stock)) {
		if got := s.figures(t, v); got != m.stock[v] {
			rt.Fatalf("available, reserved and sold of %s are %v, want %v", v, got, m.stock[v])
		}
	}
	got := map[string]inventory.Status{}
	rows, err := s.pool.Query(t.Context(), "SELECT checkout_id, status FROM holds WHERE checkout_id = ANY ($1)", slices.Collect(maps.Keys(m.holds)))
	if err != nil {
		rt.Fatal(err)
	}
	for rows.Next() {
		var c string
		var status inventory.Status
		if err := rows.Scan(&c, &status); err != nil {
			rt.Fatal(err)
		}
		got[c] = status
	}
	if diff := cmp.Diff(m.holds, got); diff != "" {
		rt.Fatalf("holds (-model +stored):\n%s", diff)
	}
	if wrong := s.equation(t.Context()); wrong != "" {
		rt.Fatal(wrong)
	}
}

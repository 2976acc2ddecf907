package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// allInputs declares one variable of each kind of type.
const allInputs = `query Q($by: By, $ids: [ID!], $size: Size, $count: Int, $on: Boolean, $of: One, $v: JSON) {
  find(by: $by, ids: $ids, size: $size, count: $count, on: $on) { name } any(v: $v) one(of: $of)
}`

func TestVariablesAreCoercedByTheSpecification(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	for variables, want := range map[string]string{
		`{}`: "", `{"by": null, "count": null}`: "",
		`{"by": {"name": "x", "all": [{"name": "y"}], "inner": {"name": "z", "limit": 3}}}`: "",
		`{"by": {"name": "x", "all": {"name": "one value becomes a list"}}}`:                "",
		`{"ids": ["a", 1]}`: "", `{"ids": 7}`: "", `{"size": "LARGE"}`: "", `{"count": -2147483648}`: "",
		`{"of": {"a": 1}}`: "", `{"v": {"any": [1.5, {"thing": null}]}}`: "",
		`{"\u0063ount": 3}`: "",

		`{"by": {}}`:                      `Variable "$by" got invalid value; Field "name" of required type "String!" was not provided.`,
		`{"by": {"name": null}}`:          `Variable "$by" got invalid value at "by.name"; Expected non-nullable type "String!" not to be null.`,
		`{"by": "x"}`:                     `Variable "$by" got invalid value; Expected type "By" to be an object.`,
		`{"by": [{"name": "x"}]}`:         `Variable "$by" got invalid value; Expected type "By" to be an object.`,
		`{"by": {"name": "x", "nam": 1}}`: `Variable "$by" got invalid value; Field "nam" is not defined by type "By". Did you mean "name"?`,
		`{"by": {"name": "x", "all": [{"name": "y"}, {"name": "z", "limit": "1"}]}}`: `Variable "$by" got invalid value at "by.all[1].limit"; Int cannot represent non-integer value.`,
		`{"ids": ["a", null]}`:     `Variable "$ids" got invalid value at "ids[1]"; Expected non-nullable type "ID!" not to be null.`,
		`{"ids": [1.5]}`:           `Variable "$ids" got invalid value at "ids[0]"; ID cannot represent a non-string and non-integer value.`,
		`{"size": "SMAL"}`:         `Variable "$size" got invalid value; Value "SMAL" does not exist in "Size" enum. Did you mean "SMALL"?`,
		`{"size": 1}`:              `Variable "$size" got invalid value; Enum "Size" cannot represent non-string value.`,
		`{"count": 1.5}`:           `Variable "$count" got invalid value; Int cannot represent non-integer value.`,
		`{"count": "1"}`:           `Variable "$count" got invalid value; Int cannot represent non-integer value.`,
		`{"count": 2147483648}`:    `Variable "$count" got invalid value; Int cannot represent non 32-bit signed integer value.`,
		`{"count": 1, "count": 2}`: `Variable "$count" got invalid value; its name occurs twice.`,
		`{"by": {"name": "x", "limit": 1, "\u006cimit": 2}}`: `Variable "$by" got invalid value at "by.limit"; its name occurs twice.`,
		`{"on": 1}`:                         `Variable "$on" got invalid value; Boolean cannot represent a non boolean value.`,
		`{"of": {}}`:                        `Variable "$of" got invalid value; OneOf Input Object "One" must specify exactly one key, whose value is not null.`,
		`{"of": {"a": null}}`:               `Variable "$of" got invalid value; OneOf Input Object "One" must specify exactly one key, whose value is not null.`,
		`{"of": {"a": 1, "b": "x"}}`:        `Variable "$of" got invalid value; OneOf Input Object "One" must specify exactly one key, whose value is not null.`,
		`{"v": {"any": {"1": [0, 1e999]}}}`: `Variable "$v" got invalid value at "v.any.1[1]"; the number is out of range.`,
		`[]`:                                "The variables must be a JSON object.", `{"count": 1`: "The variables must be a JSON object.",
		`{"count": 01}`: "The variables must be a JSON object.", `{"other": [}`: "The variables must be a JSON object.",
		`{"count": 1} 2`: "The variables must be a JSON object.",
	} {
		_, err := planner.Prepare(plan.Request{Query: allInputs, Variables: []byte(variables)})
		list := gqlerr.FromError(err)
		switch {
		case err == nil && want == "":
		case err == nil, len(list) != 1, list[0].Message != want:
			t.Errorf("%s: %v, want %q", variables, err, want)
		case strings.HasPrefix(want, "Variable") && len(list[0].Locations) != 1:
			t.Errorf("%s: at %v, want the variable's definition", variables, list[0].Locations)
		}
	}
	_, err := planner.Prepare(plan.Request{Query: `query ($id: ID!, $n: Int! = 4) { must(id: $id, n: $n) { name } }`, Variables: []byte(`{"n": null}`)})
	if got := gqlerr.FromError(err); len(got) != 2 || got[0].Message != `Variable "$n" got invalid value; Expected non-nullable type "Int!" not to be null.` ||
		got[1].Message != `Variable "$id" of required type "ID!" was not provided.` || got[1].Locations[0] != (gqlerr.Location{Line: 1, Column: 8}) {
		t.Errorf("got %v, want both faults", err)
	}
}

// TestRefusalsOfVariablesAreShort: 300,000 elements that each lack a required
// field are a request of 1 kB if compressed.
func TestRefusalsOfVariablesAreShort(t *testing.T) {
	t.Parallel()
	limits := plan.DefaultLimits()
	limits.InputList, limits.InputValues = 1_000_000, 1_000_000
	planner := newPlannerWith(t, limits, plan.Introspection{Suggestions: true})
	long := strings.Repeat("x", 300_000)
	for name, variables := range map[string]string{
		"empty objects":       `{"by": {"name": "x", "all": [` + strings.Repeat(`{}, `, 300_000) + `{}]}}`,
		"unknown fields":      `{"by": {"name": "x", ` + strings.Join(numbered(`"f`, 20_000), `": 1, `) + `": 1}}`,
		"a long field":        `{"by": {"name": "x", "` + long + `": 1}}`,
		"a long enum value":   `{"size": "` + long + `"}`,
		"a long path":         `{"v": {"` + long + `": 1e999}}`,
		"one level per fault": `{"v": ` + strings.Repeat(`{"`+strings.Repeat("y", 300)+`":`, 60) + `1e999` + strings.Repeat("}", 60) + `}`,
	} {
		_, err := planner.Prepare(plan.Request{Query: allInputs, Variables: []byte(variables)})
		list := gqlerr.FromError(err)
		if err == nil || len(list) > 20 || list.Code() == gqlerr.Internal || len(list.Body("id")) > 12_000 {
			t.Errorf("%s: %d errors in %d bytes: %.300v", name, len(list), len(list.Body("id")), err)
		}
	}
}

func TestListsAndValuesInVariablesAreBounded(t *testing.T) {
	t.Parallel()
	limits := plan.DefaultLimits()
	limits.InputList, limits.InputValues = 3, 10
	planner := newPlannerWith(t, limits, plan.Introspection{})
	for variables, want := range map[string]string{
		`{"ids": [1, 2, 3]}`:                                                         "",
		`{"ids": [1, 2, 3, 4]}`:                                                      "$ids has too many items: at most 3 are allowed.",
		`{"v": {"a": [[1, 2, 3], [1, 2, 3]]}}`:                                       "",
		`{"v": {"a": [[], [1, 2, 3, 4]]}}`:                                           "$v.a[1] has too many items: at most 3 are allowed.",
		`{"v": {"a": [[1, 2, 3], [1, 2, 3]]}, "on": true}`:                           "$on has too many values: at most 10 are allowed.",
		`{"other": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}`:                             "",
		`{"v": ` + strings.Repeat(`{"a":`, 70) + `1` + strings.Repeat(`}`, 70) + `}`: "",
	} {
		_, err := planner.Prepare(plan.Request{Query: allInputs, Variables: []byte(variables)})
		if strings.Count(variables, "{") > 60 { // nesting, or values before it
			want = "$v has too many values: at most 10 are allowed."
		}
		if got := gqlerr.FromError(err); err == nil != (want == "") || err != nil && (got[0].Message != want || got.Code() != gqlerr.BadUserInput) {
			t.Errorf("%.100s: %v, want %q", variables, err, want)
		}
	}
}

// TestUndeclaredVariablesCostNothing: their values are skipped, whatever is in
// them. A request for what is known allocates the same with and without them.
func TestUndeclaredVariablesCostNothing(t *testing.T) {
	planner := newPlanner(t, validationSDL)
	n := 0
	requests := func(extra string) (all []plan.Request) {
		for range 40 {
			n++
			all = append(all, plan.Request{Query: `query Q($count: Int) { find(count: $count) { name } }`, Variables: fmt.Appendf(nil, `{"count": %d%s}`, n, extra)})
		}
		return all
	}
	prepare := func(req plan.Request) *plan.Operation {
		op, err := planner.Prepare(req)
		if err != nil {
			t.Fatal(err)
		}
		return op
	}
	few := requests("")
	many := requests(`, "ids": [` + strings.Repeat(`"1",`, 100_000) + `{"a": "]}\"", "b": 1e999}]`)
	if op := prepare(many[0]); string(op.Variables) != `{"count":41}` {
		t.Errorf("the operation has the variables %.100s", op.Variables)
	}
	allocations := func(all []plan.Request) float64 {
		return testing.AllocsPerRun(20, func() { prepare(all[1]); all = all[1:] })
	}
	without, with := allocations(few), allocations(many)
	if with > without {
		t.Errorf("%v allocations with 100,000 undeclared items, %v without", with, without)
	}
}

// TestTheInputIsPartOfTheCost: reading much takes time whatever is fetched.
func TestTheInputIsPartOfTheCost(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	cost := func(variables string) int {
		op, err := planner.Prepare(plan.Request{Query: allInputs, Variables: []byte(variables)})
		if err != nil {
			t.Fatal(err)
		}
		return op.Cost
	}
	base := cost(`{}`)
	for name, c := range map[string]struct {
		variables string
		points    int
	}{
		"few values":                  {`{"ids": [` + strings.Repeat("1,", 50) + `1]}`, 0},
		"900 values":                  {`{"ids": [` + strings.Repeat("1,", 898) + `1]}`, 9},
		"100 kB that is not declared": {`{"other": "` + strings.Repeat("x", 100<<10) + `"}`, 6},
	} {
		for range 2 { // the second time from a cache
			if got := cost(c.variables) - base; got != c.points {
				t.Errorf("%s cost %d points, want %d", name, got, c.points)
			}
		}
	}
	limits := plan.DefaultLimits()
	limits.CostDetails = 5
	planner = newPlannerWith(t, limits, plan.Introspection{})
	op, err := planner.Prepare(plan.Request{Query: allInputs, Variables: []byte(`{"ids": [` + strings.Repeat("1,", 898) + `1]}`)})
	if err != nil || !slices.ContainsFunc(op.Dearest, func(p plan.PathCost) bool { return p.Path == "variables" && p.Cost == 9 }) {
		t.Errorf("dearest paths %v, %v, want the variables among them", op.Dearest, err)
	}
	const comment = 100 << 10
	op, err = planner.Prepare(plan.Request{Query: allInputs + "#" + strings.Repeat("x", comment)})
	if err != nil || !slices.ContainsFunc(op.Dearest, func(p plan.PathCost) bool { return p.Path == "document" && p.Cost == 6 }) {
		t.Errorf("dearest paths %v, %v, want the document among them", op.Dearest, err)
	}
}

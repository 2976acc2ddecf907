package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cartograph/internal/auth"
	"cartograph/subgraphs/order/ordertest"
)

var actors = map[string]auth.Actor{"ada": ordertest.Ada, "eve": ordertest.Eve, "guest": ordertest.Guest, "kim": ordertest.Kim}

// TestScenarios plays testdata/*.txtar: each file is a sequence of operations by
// actors, "-- ada: name.graphql --", optional variables, and answers. In
// variables, "$name.path" is what an earlier answer held there; in answers,
// whatever differs from run to run has a name.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("scenarios: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			play(t, file)
		})
	}
}

func play(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t)
	s.env.Inventory.SetStock(ordertest.Lamp, 2)
	scene := scene{
		cart: s.env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2, ordertest.Lamp, 1), answers: map[string]any{},
		guestCart: s.env.Carts.Put(ordertest.Guest.ID, "EUR", ordertest.Lamp, 3),
		mugCart:   s.env.Carts.Put(ordertest.Guest.ID, "EUR", ordertest.Mug, 1),
	}
	for i := range archive.Files {
		who, rest, ok := strings.Cut(archive.Files[i].Name, ": ")
		name, isOperation := strings.CutSuffix(rest, ".graphql")
		if !ok || !isOperation {
			continue
		}
		variables := map[string]any{}
		want := -1
		for j := i + 1; j < len(archive.Files) && !strings.HasSuffix(archive.Files[j].Name, ".graphql"); j++ {
			switch archive.Files[j].Name {
			case "variables.json":
				variables = scene.variables(t, archive.Files[j].Data)
			case "want.json":
				want = j
			}
		}
		answer := s.query(t, actors[who], string(archive.Files[i].Data), variables)
		got := scene.record(t, name, answer)
		if want < 0 {
			t.Fatalf("%s has no want.json", name)
		}
		if os.Getenv("UPDATE") != "" {
			archive.Files[want].Data = []byte(got)
		} else if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		s.env.Settle(t)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// scene is the state of a scenario between its operations.
type scene struct {
	cart, guestCart, mugCart string
	answers                  map[string]any
	names                    map[string]string
	counts                   map[string]int
}

var reference = regexp.MustCompile(`"\$([a-zA-Z]+)\.([a-zA-Z0-9.]+)"`)

func (s *scene) variables(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	raw = bytes.ReplaceAll(raw, []byte("$cart\""), []byte(s.cart+"\""))
	raw = bytes.ReplaceAll(raw, []byte("$guestCart\""), []byte(s.guestCart+"\""))
	raw = bytes.ReplaceAll(raw, []byte("$mugCart\""), []byte(s.mugCart+"\""))
	raw = reference.ReplaceAllFunc(raw, func(m []byte) []byte {
		parts := reference.FindSubmatch(m)
		value := s.answers[string(parts[1])]
		for key := range strings.SplitSeq(string(parts[2]), ".") {
			switch v := value.(type) {
			case map[string]any:
				value = v[key]
			case []any:
				var i int
				_, _ = fmt.Sscan(key, &i)
				value = v[i]
			}
		}
		encoded, _ := json.Marshal(value)
		return encoded
	})
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("variables %s: %v", raw, err)
	}
	return v
}

var changing = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"$1", regexp.MustCompile(`(chk|ord|oln|pay|crt|tml|shp|ret)_[0-9A-Z]+`)},
	{"number", regexp.MustCompile(`CG-[0-9A-Z]{6}`)},
	{"hash", regexp.MustCompile(`"[0-9a-f]{24}"`)},
}

var (
	instant = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
	cursors = regexp.MustCompile(`"(endCursor|startCursor|cursor)": "[^"]+"`)
	seconds = regexp.MustCompile(`"secondsLeft": (59\d|600)`)
)

// record keeps an answer for later variables and returns it in a form that
// is the same at every run.
func (s *scene) record(t *testing.T, name string, answer []byte) string {
	t.Helper()
	var data any
	text, err := pretty(answer, &data)
	if err != nil {
		t.Fatalf("%s answered %s: %v", name, answer, err)
	}
	s.answers[name] = data
	if s.names == nil {
		s.names, s.counts = map[string]string{}, map[string]int{}
	}
	for _, c := range changing {
		text = c.pattern.ReplaceAllStringFunc(text, func(m string) string {
			if s.names[m] == "" {
				kind, _, _ := strings.Cut(strings.Trim(m, `"`), "_")
				if c.name != "$1" {
					kind = c.name
				}
				s.counts[kind]++
				s.names[m] = fmt.Sprintf("%s_%d", kind, s.counts[kind])
			}
			if strings.HasPrefix(m, `"`) {
				return `"` + s.names[m] + `"`
			}
			return s.names[m]
		})
	}
	text = instant.ReplaceAllString(text, `"TIME"`)
	text = cursors.ReplaceAllString(text, `"$1": "CURSOR"`)
	return seconds.ReplaceAllString(text, `"secondsLeft": 600`)
}

// pretty writes an answer over many lines, with the errors sorted by where they
// are: fields are resolved at the same time, and fail in any sequence.
func pretty(answer []byte, data any) (string, error) {
	var parsed struct {
		Errors []json.RawMessage `json:"errors,omitempty"`
		Data   json.RawMessage   `json:"data"`
	}
	if err := json.Unmarshal(answer, &parsed); err != nil {
		return "", err
	}
	slices.SortStableFunc(parsed.Errors, func(a, b json.RawMessage) int { return strings.Compare(pathOf(a), pathOf(b)) })
	text, err := json.MarshalIndent(parsed, "", "  ")
	if err != nil {
		return "", err
	}
	return string(text) + "\n", json.Unmarshal(parsed.Data, data)
}

func pathOf(e json.RawMessage) string {
	var of struct {
		Path json.RawMessage `json:"path"`
	}
	_ = json.Unmarshal(e, &of) // it was read as JSON already
	return string(of.Path)
}

package settings_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/settings"
)

type house struct {
	Name    string            `yaml:"name" env:"NAME" envDefault:"Home"`
	Colour  string            `yaml:"colour" env:"COLOUR" envDefault:"red" oneof:"red|blue"`
	Doors   int               `yaml:"doors" env:"DOORS" envDefault:"2" min:"1" max:"9"`
	Open    bool              `yaml:"open" env:"OPEN"`
	Site    string            `yaml:"site" env:"SITE" format:"url"`
	Alarm   string            `yaml:"alarm" env:"ALARM_KEY"`
	Guests  []string          `yaml:"guests" env:"GUESTS"`
	Phones  map[string]string `yaml:"phones" env:"PHONES" format:"url"`
	Kitchen kitchen           `yaml:"kitchen" envPrefix:"KITCHEN_"`
	Rooms   []room            `yaml:"rooms"`
	Lamps   map[string]room   `yaml:"lamps"`
}

type kitchen struct {
	Boil  time.Duration `yaml:"boil" env:"BOIL" envDefault:"3m" min:"1s"`
	Sink  settings.Size `yaml:"sink" env:"SINK" envDefault:"64KiB"`
	Share float64       `yaml:"share" env:"SHARE" envDefault:"0.5" max:"1"`
}

type room struct {
	Beds int    `yaml:"beds" envDefault:"1" min:"1"`
	Safe string `yaml:"safe" secret:"true"`
}

func (k *kitchen) Validate(report func(path, format string, args ...any)) {
	if k.Sink == 1<<20 && k.Share == 1 {
		report("sink", "leaves no room")
	}
}

func (h *house) Validate(report func(path, format string, args ...any)) {
	if len(h.Guests) > h.Doors {
		report("guests", "%d are too many for %d doors", len(h.Guests), h.Doors)
	}
}

// load reads a file and variables, given as NAME=value.
func load(file string, variables ...string) (house, error) {
	var h house
	r := settings.New(&h, "HOUSE_")
	r.File("house.yaml", []byte(file))
	r.Environment(func(name string) (string, bool) {
		for _, v := range variables {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value, true
			}
		}
		return "", false
	})
	r.Check()
	return h, r.Err()
}

func TestTheEnvironmentWinsOverTheFileAndTheFileOverDefaults(t *testing.T) {
	t.Parallel()
	got, err := load(`
name: Villa
doors: 4
open: true
guests: [Ada, Sam]
kitchen:
  boil: 90s
  sink: 2MiB
rooms:
  - beds: 2
  - safe: "1234"
lamps:
  hall: {beds: 3}
`, "HOUSE_DOORS=5", "HOUSE_KITCHEN_SHARE=0.25", "HOUSE_PHONES=a=http://a,b=http://b", "HOUSE_NAME=")
	if err != nil {
		t.Fatal(err)
	}
	want := house{
		Name: "Villa", Colour: "red", Doors: 5, Open: true, Guests: []string{"Ada", "Sam"},
		Phones:  map[string]string{"a": "http://a", "b": "http://b"},
		Kitchen: kitchen{Boil: 90 * time.Second, Sink: 2 << 20, Share: 0.25},
		Rooms:   []room{{Beds: 2}, {Beds: 1, Safe: "1234"}},
		Lamps:   map[string]room{"hall": {Beds: 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestEveryBadValueIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		variables  []string
		want       []string
	}{
		{"nothing", "", nil, nil},
		{"only comments", "# nothing\n", nil, nil},
		{"null is as if not there", "doors:\nkitchen:\n", nil, nil},
		{
			"several at once", "colour: green\ndoors: many\nkitchen:\n  boil: soon\n  sink: -1\n",
			[]string{"HOUSE_OPEN=perhaps"},
			[]string{
				`HOUSE_OPEN: "perhaps" is neither true nor false`,
				`house.yaml:1: colour: "green" is not one of: red, blue`,
				`house.yaml:2: doors: "many" is not a whole number`,
				`house.yaml:4: kitchen.boil: "soon" is not a duration such as 250ms, 5s or 1h30m`,
				`house.yaml:5: kitchen.sink: "-1" is not a number of bytes such as 512, 64KiB or 1MiB`,
			},
		},
		{"a key that is mistyped", "kitchen:\n\n  biol: 3m\n", nil, []string{"house.yaml:3: kitchen.biol: unknown setting; did you mean boil?"}},
		{"a key that is nothing like any", "lamps:\n  hall:\n    wattage: 60\n", nil, []string{"house.yaml:3: lamps.hall.wattage: unknown setting; there are: beds, safe"}},
		{"a key twice", "doors: 3\nname: x\ndoors: 4\n", nil, []string{"house.yaml:3: doors: is set twice, first in line 1"}},
		{"a list in place of a value", "doors: [1]\n", nil, []string{"house.yaml:1: doors: expected one value, got a list"}},
		{"a value in place of a list", "guests: Ada\n", nil, []string{"house.yaml:1: guests: expected a list, got one value"}},
		{"a value in place of a group", "kitchen: big\n", nil, []string{"house.yaml:1: kitchen: expected a mapping, got one value"}},
		{"a list in place of a file", "- a\n", nil, []string{"house.yaml:1: expected a mapping, got a list"}},
		{"no YAML", "name: x\n\tdoors: 1\n", nil, []string{"house.yaml:2: found a tab character that violates indentation"}},
		{"too few", "doors: 0\n", nil, []string{"house.yaml:1: doors: 0 is less than 1"}},
		{"too many, by a variable", "doors: 3\n", []string{"HOUSE_DOORS=10"}, []string{"HOUSE_DOORS: 10 is more than 9"}},
		{"too large for the type", "doors: 99999999999999999999\n", nil, []string{"house.yaml:1: doors: 99999999999999999999 is out of range"}},
		{"too short", "kitchen: {boil: 1ms}\n", nil, []string{"house.yaml:1: kitchen.boil: 1ms is less than 1s"}},
		{"a bad member of a list", "rooms:\n  - beds: 1\n  - beds: 0\n", nil, []string{"house.yaml:3: rooms[1].beds: 0 is less than 1"}},
		{"a bad member of a map", "phones:\n  a: http://a\n  b: nowhere\n", nil, []string{"house.yaml:3: phones.b: not a URL with a scheme and a host"}},
		{"a bad pair", "", []string{"HOUSE_PHONES=a"}, []string{`HOUSE_PHONES: "a" is not NAME=VALUE`}},
		{"a rule of its own", "guests: [a, b, c]\n", nil, []string{"house.yaml:1: guests: 3 are too many for 2 doors"}},
		{"a rule of a group", "kitchen:\n  sink: 1MiB\n  share: 1\n", nil, []string{"house.yaml:2: kitchen.sink: leaves no room"}},
		{"a rule of a group, by a variable", "kitchen: {share: 1}\n", []string{"HOUSE_KITCHEN_SINK=1MiB"}, []string{"HOUSE_KITCHEN_SINK: leaves no room"}},
		{"a variable that is not set", "alarm: ${NO_SUCH_VARIABLE}\n", nil, []string{"house.yaml:1: alarm: ${NO_SUCH_VARIABLE} is not set"}},
		{"the same in the open", "name: a ${NO_SUCH_VARIABLE} b\n", nil, []string{"house.yaml:1: name: ${NO_SUCH_VARIABLE} is not set"}},
	} {
		_, err := load(tt.file, tt.variables...)
		var got []string
		if err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// cellar is not read from files: its groups are known by their variables.
type cellar struct {
	Rack rack `envPrefix:"RACK_"`
}

type rack struct {
	Rows  int `env:"ROWS"  envDefault:"1"`
	Empty int `env:"EMPTY" envDefault:"0"`
}

func (r *rack) Validate(report func(path, format string, args ...any)) {
	if r.Empty > r.Rows {
		report("EMPTY", "there are only %d rows", r.Rows)
	}
}

func TestARuleOfAGroupNamesItsVariable(t *testing.T) {
	t.Parallel()
	c := cellar{Rack: rack{Rows: 1, Empty: 2}}
	if err := settings.Check(&c); err == nil || err.Error() != "RACK_EMPTY: there are only 1 rows" {
		t.Errorf("checked %+v: %v", c, err)
	}
}

func TestAFileMayTakeSecretsFromTheEnvironment(t *testing.T) {
	t.Setenv("HOUSE_TEST_SAFE", "4711")
	h, err := load("rooms: [{safe: 'no ${HOUSE_TEST_SAFE}'}]\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Rooms[0].Safe; got != "no 4711" {
		t.Errorf("safe = %q, want no 4711", got)
	}
}

func TestAFlagWinsAndIsNamed(t *testing.T) {
	t.Parallel()
	var h house
	r := settings.New(&h, "HOUSE_")
	r.File("house.yaml", []byte("doors: 3\n"))
	r.Flag("--doors", "doors", "12")
	r.Check()
	if err := r.Err(); err == nil || err.Error() != "--doors: 12 is more than 9" || h.Doors != 12 {
		t.Errorf("doors = %d, %v", h.Doors, err)
	}
	if !r.Set("doors") || r.Set("kitchen") {
		t.Error("doors was set and the kitchen was not")
	}
}

func TestSecretsAreShownNowhere(t *testing.T) {
	t.Parallel()
	h, err := load("alarm: hunter2\nrooms: [{safe: hunter2}]\nsite: https://ada:hunter2@example.com\n")
	if err != nil {
		t.Fatal(err)
	}
	var file, environment bytes.Buffer
	if err := settings.WriteYAML(&file, h); err != nil {
		t.Fatal(err)
	}
	if err := settings.WriteEnvironment(&environment, h); err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{file.String(), environment.String()} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "***") {
			t.Errorf("a secret is not masked in\n%s", shown)
		}
	}
	if lines := strings.Split(environment.String(), "\n"); !slices.Contains(lines, "ALARM_KEY=***") || !slices.Contains(lines, "KITCHEN_SINK=64KiB") {
		t.Errorf("variables are\n%s", environment.String())
	}
}

func TestWrittenSettingsCanBeReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z][a-z0-9 :#'-]{0,10}`)
		want := house{
			Name: word.Draw(t, "name"), Colour: "blue", Doors: rapid.IntRange(5, 9).Draw(t, "doors"), Open: rapid.Bool().Draw(t, "open"),
			Kitchen: kitchen{
				Boil:  time.Duration(rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(t, "boil")),
				Sink:  settings.Size(rapid.Int64Range(1, 1<<40).Draw(t, "sink")),
				Share: rapid.Float64Range(0, 1).Draw(t, "share"),
			},
			Guests: rapid.SliceOfN(word, 1, 4).Draw(t, "guests"),
			Phones: map[string]string{}, Lamps: map[string]room{}, Rooms: []room{{Beds: 2}},
		}
		var file bytes.Buffer
		if err := settings.WriteYAML(&file, want); err != nil {
			t.Fatal(err)
		}
		got, err := load(file.String())
		if err != nil {
			t.Fatalf("%v in\n%s", err, file.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("written and read (-want +got):\n%s\n%s", diff, file.String())
		}
	})
}

package app

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cartograph/internal/limits"
	"cartograph/internal/settings"
	"cartograph/router/ratelimit"
	"cartograph/router/serve"
	"cartograph/router/transport"
	"cartograph/subgraphs/order"
)

// number is a setting with bounds.
type number struct {
	name      string // variable, or the path in the router's file
	container string // of the file's list or map that holds it; "" for a variable
	kind      reflect.Type
	min, max  string
}

// numbers finds every number, duration and size of a struct, by reflection, so
// that a new one without bounds is found too. Lists and maps of groups are only
// in the router's file.
func numbers(t *testing.T, of reflect.Type, prefix, container, path string) []number {
	t.Helper()
	var all []number
	for field := range of.Fields() {
		kind, tag := field.Type, field.Tag
		name, at := prefix+tag.Get("env"), strings.TrimPrefix(path+"."+tag.Get("yaml"), ".")
		if container != "" {
			name = at
		}
		collection := kind.Kind() == reflect.Map || kind.Kind() == reflect.Slice
		if collection {
			kind = kind.Elem()
		}
		switch {
		case !field.IsExported():
		case reflect.PointerTo(kind).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && kind != reflect.TypeFor[settings.Size]():
			all = append(all, number{name, container, kind, "", ""})
		case kind.Kind() == reflect.Struct && collection:
			all = append(all, numbers(t, kind, "", at, "")...)
		case kind.Kind() == reflect.Struct:
			all = append(all, numbers(t, kind, prefix+tag.Get("envPrefix"), container, at)...)
		case kind.Kind() >= reflect.Int && kind.Kind() <= reflect.Float64:
			if name == prefix && container == "" {
				t.Errorf("%s.%s has no variable", of, field.Name)
			}
			all = append(all, number{name, container, kind, tag.Get("min"), tag.Get("max")})
		}
	}
	return all
}

// bounds of types that check themselves, whatever setting has them.
var bounds = map[reflect.Type]struct{ inside, outside []string }{
	reflect.TypeFor[ratelimit.Rate](): {
		inside:  []string{"0.001:1", "1000000000:1000000000"},
		outside: []string{"0:1", "-1:1", "1:0", "1000000001:1", "1:1000000001"},
	},
	reflect.TypeFor[serve.FieldRate](): {
		inside:  []string{"field=0.001:1", "field=1:1/1000000000:1000000000"},
		outside: []string{"field=0:1", "field=1:0", "field=1:1/0:1", "field=1:1/1:1000000001"},
	},
	reflect.TypeFor[transport.Priority](): {
		inside:  []string{"field=highest", "field=lowest"},
		outside: []string{"field=urgent", "field=0"},
	},
}

// companions are what must be set beside a value at its bounds, since the
// defaults would contradict it.
var companions = map[string][]string{
	"ORDER_RETRY_STUCK_AFTER": {"ORDER_RETRY_STUCK_EVERY=10ms"},
	"ORDER_RETRY_STUCK_EVERY": {"ORDER_RETRY_STUCK_AFTER=1h"},
	"PAYMENT_LEASE":           {"PAYMENT_GATEWAY_TIMEOUT=10ms", "PAYMENT_WAIT=0s"},
	"PAYMENT_WAIT":            {"PAYMENT_LEASE=10m"},
	"PAYMENT_GATEWAY_TIMEOUT": {"PAYMENT_LEASE=10m"},
	"ROUTER_LIMITS_BODY":      {"ROUTER_LIMITS_MEMORY=64GiB"},
	"ROUTER_LIMITS_MEMORY":    {"ROUTER_LIMITS_BODY=1"},

	"ROUTER_LIMITS_CONCURRENCY_MIN": {"ROUTER_LIMITS_CONCURRENCY_MAX=100000"},
	"ROUTER_LIMITS_CONCURRENCY_MAX": {"ROUTER_LIMITS_CONCURRENCY_MIN=1"},

	"ROUTER_LIMITS_REQUEST":  {"ROUTER_LIMITS_SUBGRAPH=1ms"},
	"ROUTER_LIMITS_SUBGRAPH": {"ROUTER_LIMITS_REQUEST=10m"},
	"subgraphs":              {"limits: {request: 10m}\n"},
}

// loadWith loads and checks a configuration as a start does.
func (n number) loadWith(t *testing.T, value string) error {
	t.Helper()
	if n.container == "" {
		_, err := configFrom(environment(append(companions[n.name], n.name+"="+value)...))
		return err
	}
	keys := strings.Split(n.name, ".")
	element := strings.Join(keys, ": {") + ": " + value + strings.Repeat("}", len(keys)-1)
	file := map[string]string{
		"subgraphs": "subgraphs: {films: {" + element + "}}",
		"api_keys":  "api_keys: [{id: k, sha256: " + strings.Repeat("0f", 32) + ", " + element + "}]",
	}[n.container]
	if file == "" {
		t.Fatalf("no file is known for %s", n.container)
	}
	var s serve.Settings
	r := settings.New(&s, "ROUTER_")
	r.File("router.yaml", []byte(strings.Join(companions[n.container], "")+file))
	r.Check()
	return r.Err()
}

func environment(variables ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, v := range slices.Backward(variables) {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

func TestEveryNumberIsAcceptedWithinItsBoundsAndRefusedBeyond(t *testing.T) {
	t.Parallel()
	all := numbers(t, reflect.TypeFor[Config](), "", "", "")
	if len(all) < 50 {
		t.Errorf("found %d numbers, want more", len(all))
	}
	for _, n := range all {
		inside, outside := bounds[n.kind].inside, bounds[n.kind].outside
		switch {
		case len(inside) > 0:
		case n.kind.Kind() == reflect.String:
			continue // a word that checks itself
		case n.min == "" || n.max == "":
			t.Errorf("%s has no min or no max", n.name)
			continue
		default:
			inside, outside = []string{n.min, n.max}, []string{beyond(t, n.kind, n.min, -1), beyond(t, n.kind, n.max, 1)}
		}
		for _, value := range inside {
			if err := n.loadWith(t, value); err != nil {
				t.Errorf("%s=%s is within its bounds: %v", n.name, value, err)
			}
		}
		for _, value := range outside {
			if err := n.loadWith(t, value); err == nil || !strings.Contains(err.Error(), n.name+": ") {
				t.Errorf("%s=%s is beyond its bounds: %v, want the name", n.name, value, err)
			}
		}
	}
}

// beyond is the next value below or above a bound.
func beyond(t *testing.T, kind reflect.Type, bound string, sign int64) string {
	t.Helper()
	if kind == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(bound)
		if err != nil {
			t.Fatal(err)
		}
		return (d + time.Duration(sign)).String()
	}
	if kind == reflect.TypeFor[settings.Size]() {
		var size settings.Size
		if err := size.UnmarshalText([]byte(bound)); err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(int64(size)+sign, 10)
	}
	if kind.Kind() >= reflect.Float32 {
		f, err := strconv.ParseFloat(bound, 64)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(f + float64(sign)/1000)
	}
	n, err := strconv.ParseInt(bound, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(n+sign, 10)
}

// TestHoldsAreBoundedAsInventoryBoundsThem: a checkout with a longer hold would
// be refused by inventory, and its order cancelled.
func TestHoldsAreBoundedAsInventoryBoundsThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field    string
		min, max time.Duration
	}{
		{"HoldSeconds", limits.MinHold, limits.MaxHold},
		{"ExtendSeconds", limits.MinHoldExtension, limits.MaxHoldExtension},
	} {
		field, ok := reflect.TypeFor[order.Config]().FieldByName(tt.field)
		least, most := strconv.Itoa(int(tt.min/time.Second)), strconv.Itoa(int(tt.max/time.Second))
		if !ok || field.Tag.Get("min") != least || field.Tag.Get("max") != most {
			t.Errorf("%s is bounded by %s, want %s to %s", tt.field, field.Tag, least, most)
		}
	}
}

func TestContradictingValuesAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		variables []string
		roles     []string
		want      string // the variable that is named; "" if nothing contradicts
	}{
		{[]string{"PAYMENT_LEASE=10s", "PAYMENT_GATEWAY_TIMEOUT=10s"}, []string{"payment"}, "PAYMENT_LEASE"},
		{[]string{"PAYMENT_LEASE=10001ms", "PAYMENT_GATEWAY_TIMEOUT=10s"}, []string{"payment"}, ""},
		{[]string{"PAYMENT_WAIT=15001ms", "PAYMENT_LEASE=15s"}, []string{"payment"}, "PAYMENT_WAIT"},
		{[]string{"PAYMENT_WAIT=15s", "PAYMENT_LEASE=15s"}, []string{"payment"}, ""},
		{[]string{"ORDER_RETRY_STUCK_EVERY=11s", "ORDER_RETRY_STUCK_AFTER=10s"}, []string{"order"}, "ORDER_RETRY_STUCK_EVERY"},
		{[]string{"ORDER_RETRY_STUCK_EVERY=10s", "ORDER_RETRY_STUCK_AFTER=10s"}, []string{"order"}, ""},
		{[]string{"ROUTER_LIMITS_SUBGRAPH=16s", "ROUTER_LIMITS_REQUEST=15s"}, []string{"router"}, "ROUTER_LIMITS_SUBGRAPH"},
		{[]string{"ROUTER_LIMITS_SUBGRAPH=15s", "ROUTER_LIMITS_REQUEST=15s"}, []string{"router"}, ""},
		{[]string{"ORDER_QUEUE_TIMEOUT=5s"}, []string{"router", "order"}, "ORDER_QUEUE_TIMEOUT"},
		{[]string{"ORDER_QUEUE_TIMEOUT=4999ms"}, []string{"router", "order"}, ""},
		{[]string{"ORDER_QUEUE_TIMEOUT=5s"}, []string{"order"}, ""}, // that router may have another limit
		{[]string{"PAYMENT_WAIT=5s"}, nil, "PAYMENT_WAIT"},
		{[]string{"PAYMENT_WAIT=5s"}, []string{"payment", "cart"}, ""},
		{[]string{"ORDER_HOLD_SECONDS=7200"}, []string{"order"}, "ORDER_HOLD_SECONDS"},
		{[]string{"ORDER_HOLD_SECONDS=0"}, []string{"order"}, "ORDER_HOLD_SECONDS"},
	} {
		cfg, err := configFrom(environment(tt.variables...))
		chosen, _ := choose(tt.roles)
		if err == nil {
			err = cfg.checkFor(chosen)
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want+": ") {
			t.Errorf("%s with roles %q: %v, want %q named", tt.variables, tt.roles, err, tt.want)
		}
	}
}

// TestAStartChecksTheConfiguration guards programs that fill a Config by hand.
func TestAStartChecksTheConfiguration(t *testing.T) {
	t.Parallel()
	cfg, err := configFrom(environment())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Order.HoldSeconds, cfg.DataDir = 7200, t.TempDir()
	err = Run(t.Context(), cfg, nil, Options{})
	if err == nil || !strings.Contains(err.Error(), "ORDER_HOLD_SECONDS: 7200 is more than 3600") {
		t.Errorf("Run = %v, want ORDER_HOLD_SECONDS refused", err)
	}
}

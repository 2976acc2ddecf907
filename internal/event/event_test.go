package event_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// payloads are all payload types; TestEveryPayloadIsListed holds that.
var payloads = event.Payloads()

// Golden files are records as they are on Kafka already: a payload type that
// does not read and write one unchanged would lose data of it.
func TestGoldenEventsGoThroughTheirTypesUnchanged(t *testing.T) {
	t.Parallel()
	for _, p := range payloads {
		t.Run(p.Type(), func(t *testing.T) {
			t.Parallel()
			golden, err := os.ReadFile(filepath.Join("testdata", p.Type()+".json"))
			if err != nil {
				t.Fatal(err)
			}
			e, err := event.Parse(golden)
			if err != nil {
				t.Fatal(err)
			}
			if e.Type != p.Type() {
				t.Errorf("the file holds a %s", e.Type)
			}
			complete := e
			complete.TraceParent, complete.DataSchema = "00-1", "urn:1" // which earlier versions did not write
			unset(t, "envelope", reflect.ValueOf(complete))
			if e.DataSchema != "" && e.DataSchema != event.SchemaOf(p.Type()) {
				t.Errorf("the data is of the schema %s", e.DataSchema)
			}
			decoded := reflect.New(reflect.TypeOf(p))
			if err := json.Unmarshal(e.Data, decoded.Interface()); err != nil {
				t.Fatal(err)
			}
			unset(t, "data", decoded.Elem())
			if subject := decoded.Interface().(event.Payload).Subject(); subject != e.Subject {
				t.Errorf("subject = %q, want the envelope's %q", subject, e.Subject)
			}
			if e.Data, err = json.Marshal(decoded.Interface()); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tree(t, golden), tree(t, again)); diff != "" {
				t.Errorf("(-golden +encoded again):\n%s", diff)
			}
		})
	}
}

// unset reports fields to which the golden file gives no value: it would not
// notice if they were renamed.
func unset(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if v.IsZero() {
		t.Errorf("%s has no value in the golden file", path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		unset(t, path, v.Elem())
	case reflect.Slice:
		if v.Type() != reflect.TypeFor[json.RawMessage]() {
			for i := range v.Len() {
				unset(t, path, v.Index(i))
			}
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			if field.IsExported() {
				unset(t, path+"."+field.Name, value)
			}
		}
	default: // a plain value, not zero
	}
}

func tree(t *testing.T, encoded []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestEveryPayloadIsListed(t *testing.T) {
	t.Parallel()
	var listed, golden []string
	for _, p := range payloads {
		listed = append(listed, reflect.TypeOf(p).Name())
		golden = append(golden, p.Type()+".json")
	}
	declared := withMethod(t, "Subject")
	slices.Sort(listed)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("types (-declared +listed in this test):\n%s", diff)
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range files {
		found = append(found, f.Name())
	}
	slices.Sort(golden)
	if diff := cmp.Diff(golden, found); diff != "" {
		t.Errorf("golden files (-wanted +found):\n%s", diff)
	}
}

// withMethod is the sorted names of the package's types that have the method.
func withMethod(t *testing.T, method string) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != method {
				continue
			}
			if receiver, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
				names = append(names, receiver.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestTypeNamesAreUnique(t *testing.T) {
	t.Parallel()
	of := map[string]string{}
	for _, p := range payloads {
		name := reflect.TypeOf(p).Name()
		if other, taken := of[p.Type()]; taken {
			t.Errorf("%s and %s are both %s", other, name, p.Type())
		}
		of[p.Type()] = name
	}
}

func TestEveryPayloadsTopicIsDeclaredOnce(t *testing.T) {
	t.Parallel()
	declared := map[event.Topic]int{}
	for _, c := range event.Topics() {
		declared[c.Topic]++
		if c.Partitions < 1 {
			t.Errorf("%s has %d partitions", c.Topic, c.Partitions)
		}
	}
	used := map[event.Topic]bool{}
	for _, p := range payloads {
		used[p.Topic()] = true
	}
	for topic := range used {
		if declared[topic] != 1 {
			t.Errorf("Topics() declares %s %d times, want once", topic, declared[topic])
		}
	}
	for topic := range declared {
		if !used[topic] {
			t.Errorf("Topics() declares %s, to which nothing is published", topic)
		}
	}
}

func TestReadersSkipUnknownFields(t *testing.T) {
	t.Parallel()
	e, err := event.Parse([]byte(`{
		"id": "evt_1", "type": "com.cartograph.order.giftWrapped.v1", "subject": "chk_1", "traceparent": "00-1",
		"data": {"checkoutId": "chk_1", "ribbon": {"colour": "red"}}}`))
	if err != nil {
		t.Fatalf("Parse refused an unknown type and an unknown attribute: %v", err)
	}
	p, err := event.Decode[event.CheckoutExpired](e)
	if err != nil {
		t.Fatalf("Decode refused an unknown field: %v", err)
	}
	if p.CheckoutID != "chk_1" {
		t.Errorf("checkoutId = %q, want chk_1", p.CheckoutID)
	}
}

func TestWhatIsNoEventIsInvalid(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"nothing":       ``,
		"not JSON":      `{broken`,
		"an array":      `[1]`,
		"null":          `null`,
		"no id":         `{"type": "t", "subject": "s", "data": {}}`,
		"no type":       `{"id": "i", "subject": "s", "data": {}}`,
		"no subject":    `{"id": "i", "type": "t", "data": {}}`,
		"a bad time":    `{"id": "i", "type": "t", "subject": "s", "time": "yesterday"}`,
		"text sequence": `{"id": "i", "type": "t", "subject": "s", "sequence": "1"}`,
	} {
		if _, err := event.Parse([]byte(value)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: Parse = %v, want it Invalid", name, err)
		}
	}
	for name, data := range map[string]string{
		"no data":         ``,
		"an array":        `[]`,
		"a wrong type":    `{"checkoutId": 5}`,
		"a wrong element": `{"lines": [7]}`,
	} {
		e := event.Envelope{ID: "evt_1", Type: event.Type[event.CheckoutOpened](), Data: json.RawMessage(data)}
		if _, err := event.Decode[event.CheckoutOpened](e); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: Decode = %v, want it Invalid", name, err)
		}
	}
}

func TestACauseIsCarriedByTheContext(t *testing.T) {
	t.Parallel()
	if cause := event.Cause(t.Context()); cause.ID != "" {
		t.Errorf("a command's cause = %q, want none", cause.ID)
	}
	ctx := event.WithCause(t.Context(), event.Envelope{ID: "evt_1"})
	if cause := event.Cause(ctx); cause.ID != "evt_1" {
		t.Errorf("cause = %q, want evt_1", cause.ID)
	}
}

func TestWhatAnEventCausesBelongsToItsTrace(t *testing.T) {
	t.Parallel()
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if got := event.TraceParentOf(event.WithCause(t.Context(), event.Envelope{ID: "evt_1", TraceParent: trace})); got != trace {
		t.Errorf("trace = %q, want the cause's", got)
	}
	for _, none := range []string{"", "00-1"} {
		if got := event.TraceParentOf(event.WithCause(t.Context(), event.Envelope{ID: "evt_1", TraceParent: none})); got != "" {
			t.Errorf("trace of %q = %q, want none", none, got)
		}
	}
}

func TestEachGroupHasItsOwnDeadLetters(t *testing.T) {
	t.Parallel()
	if got := event.Orders.DeadLetters("payment"); got != "order.events.v1.payment.dlq" {
		t.Errorf("dead letters of order.events.v1 for payment = %s", got)
	}
}

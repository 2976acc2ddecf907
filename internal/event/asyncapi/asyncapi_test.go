package asyncapi_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/event/asyncapi"
)

func TestTheDocumentIsThatOfTheTypes(t *testing.T) {
	t.Parallel()
	want, err := asyncapi.Document("..", "../../catalogue")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(asyncapi.JSON)) != string(want) {
		t.Error("asyncapi.json is not current: run go generate ./internal/event/asyncapi")
	}
}

type object = map[string]any

func document(t *testing.T) object {
	t.Helper()
	var doc object
	if err := json.Unmarshal(asyncapi.JSON, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// resolve follows a reference within the document; nil if it leads nowhere.
func resolve(doc object, reference string) any {
	var at any = doc
	for part := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		in, _ := at.(object)
		at = in[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return at
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	doc, found := document(t), 0
	var walk func(any)
	walk = func(value any) {
		switch of := value.(type) {
		case object:
			if reference, ok := of["$ref"].(string); ok {
				found++
				if resolve(doc, reference) == nil {
					t.Errorf("%s leads nowhere", reference)
				}
			}
			for _, member := range of {
				walk(member)
			}
		case []any:
			for _, element := range of {
				walk(element)
			}
		}
	}
	walk(doc)
	if found < 100 {
		t.Errorf("found %d references, want more", found)
	}
}

func TestEveryTopicAndEventIsDescribed(t *testing.T) {
	t.Parallel()
	doc := document(t)
	if doc["asyncapi"] != "3.0.0" {
		t.Errorf("the document is of AsyncAPI %v", doc["asyncapi"])
	}
	for _, c := range event.Topics() {
		if resolve(doc, "#/channels/"+string(c.Topic)) == nil {
			t.Errorf("%s is not described", c.Topic)
		}
	}
	partners := resolve(doc, "#/channels/webhooks/messages").(object)
	if len(partners) != len(event.PartnerEvents()) {
		t.Errorf("webhooks have %d types, want %d", len(partners), len(event.PartnerEvents()))
	}
	for _, p := range event.Payloads() {
		name := reflect.TypeOf(p).Name()
		message, _ := resolve(doc, "#/components/messages/"+name).(object)
		if message["name"] != p.Type() || message["summary"] == "" {
			t.Errorf("%s is described as %v", name, message["name"])
		}
		if resolve(doc, "#/channels/"+string(p.Topic())+"/messages/"+name) == nil {
			t.Errorf("%s is no message of %s", name, p.Topic())
		}
		_, open := event.PartnerEventOf(p.Type())
		if _, tagged := message["tags"]; tagged != open {
			t.Errorf("%s has the tag of partners: %t, want %t", name, tagged, open)
		}
	}
}

// Golden events have a value for every field, so a schema that fits them has all fields.
func TestGoldenEventsFitTheirSchemas(t *testing.T) {
	t.Parallel()
	doc := document(t)
	for _, p := range event.Payloads() {
		sample, err := event.Sample(p.Type())
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(sample)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(encoded, &value); err != nil {
			t.Fatal(err)
		}
		payload := resolve(doc, "#/components/messages/"+reflect.TypeOf(p).Name()+"/payload").(object)
		for _, part := range payload["allOf"].([]any) {
			for _, problem := range misfits(doc, part.(object), value, p.Type()) {
				t.Error(problem)
			}
		}
		broken := value.(object)
		broken["data"] = "text"
		if len(misfits(doc, payload["allOf"].([]any)[1].(object), broken, "")) == 0 {
			t.Errorf("%s: data that is a text fits", p.Type())
		}
	}
}

// misfits are the reasons why a value is not of a schema, as far as the document uses
// JSON schema. Fields that the schema lacks are among them.
func misfits(doc, schema object, value any, at string) (problems []string) {
	if reference, ok := schema["$ref"].(string); ok {
		return misfits(doc, resolve(doc, reference).(object), value, at)
	}
	if want, ok := schema["const"]; ok && value != want {
		return []string{fmt.Sprintf("%s is %v, want %v", at, value, want)}
	}
	if !slices.Contains(types(schema), kindOf(value)) && schema["type"] != nil {
		return []string{fmt.Sprintf("%s is a %s, want %v", at, kindOf(value), schema["type"])}
	}
	if schema["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, value.(string)); err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", at, err))
		}
	}
	switch of := value.(type) {
	case []any:
		for i, element := range of {
			problems = append(problems, misfits(doc, schema["items"].(object), element, fmt.Sprint(at, ".", i))...)
		}
	case object:
		properties, _ := schema["properties"].(object)
		for name, member := range of {
			member, described := member, properties[name]
			if described == nil {
				described = schema["additionalProperties"]
			}
			if described != nil {
				problems = append(problems, misfits(doc, described.(object), member, at+"."+name)...)
			} else if properties != nil && schema["required"] != nil {
				problems = append(problems, at+"."+name+" is not described")
			}
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, there := of[name.(string)]; !there {
				problems = append(problems, fmt.Sprintf("%s lacks %s", at, name))
			}
		}
	}
	return problems
}

func types(schema object) []string {
	if many, ok := schema["type"].([]any); ok {
		var names []string
		for _, one := range many {
			names = append(names, one.(string))
		}
		return names
	}
	name, _ := schema["type"].(string)
	if name == "integer" {
		return []string{"number"}
	}
	return []string{name}
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	case object:
		return "object"
	default:
		return "null"
	}
}

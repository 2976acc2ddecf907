// Package asyncapi describes all events as an AsyncAPI 3 document, from the Go types of
// package event and their comments.
package asyncapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"cartograph/internal/event"
)

//go:generate go run ./generate

// JSON is the document. A test compares it with the types.
//
//go:embed asyncapi.json
var JSON []byte

type object = map[string]any

// Document describes the events. The comments are those of the Go files in folders.
func Document(folders ...string) ([]byte, error) {
	docs, err := readComments(folders...)
	if err != nil {
		return nil, err
	}
	d := document{docs: docs, schemas: object{}, messages: object{}, channels: object{}, operations: object{}}
	for _, c := range event.Topics() {
		d.addTopic(c)
	}
	for _, p := range event.Payloads() {
		if err := d.addPayload(p); err != nil {
			return nil, err
		}
	}
	d.addWebhooks()
	return json.MarshalIndent(object{
		"asyncapi": "3.0.0",
		"info": object{
			"title":   "Cartograph events",
			"version": "1.0.0",
			"description": "All events of the shop. Each is a CloudEvent 1.0 in JSON. Partners receive those with the tag partner by webhook; " +
				"the Kafka topics are for the shop's own services. Types grow by optional fields: readers ignore fields and types that they do not know.",
		},
		"defaultContentType": event.ContentType,
		"channels":           d.channels,
		"operations":         d.operations,
		"components":         object{"messages": d.messages, "schemas": d.schemas},
	}, "", "  ")
}

type document struct {
	docs                                    map[string]string
	schemas, messages, channels, operations object
}

const webhooks = "webhooks"

func (d *document) addTopic(c event.TopicConfig) {
	kept := "Records are deleted after some days."
	if c.Compacted {
		kept = "The last record of each subject is kept."
	}
	d.channels[string(c.Topic)] = object{
		"address":     string(c.Topic),
		"title":       string(c.Topic),
		"description": "A Kafka topic. The key of a record is the event's subject: events of one subject are in order. " + kept,
		"messages":    object{},
		"bindings":    object{"kafka": object{"topic": string(c.Topic), "partitions": c.Partitions}},
	}
	d.operations["publish "+string(c.Topic)] = object{"action": "send", "channel": ref("channels", string(c.Topic)), "summary": "Services publish to " + string(c.Topic) + "."}
}

func (d *document) addPayload(p event.Payload) error {
	of := reflect.TypeOf(p)
	data, err := d.schemaOf(of)
	if err != nil {
		return err
	}
	description := d.docs[of.Name()]
	if description == "" {
		return fmt.Errorf("%s has no comment", of.Name())
	}
	message := object{
		"name": p.Type(), "title": of.Name(), "summary": description, "contentType": event.ContentType,
		"payload": object{"allOf": []any{ref("components/schemas", "Envelope"), object{
			"type": "object",
			"properties": object{
				"type":       object{"const": p.Type()},
				"dataschema": object{"const": event.SchemaOf(p.Type())},
				"data":       data,
			},
		}}},
	}
	if partner, ok := event.PartnerEventOf(p.Type()); ok {
		message["tags"] = []any{object{"name": "partner", "description": "Delivered by webhook. " + requirement(partner)}}
	}
	if sample, err := event.Sample(p.Type()); err == nil {
		message["examples"] = []any{object{"name": p.Type(), "payload": sample}}
	}
	d.messages[of.Name()] = message
	channel, ok := d.channels[string(p.Topic())].(object)
	if !ok {
		return fmt.Errorf("the topic %s is not declared", p.Topic())
	}
	channel["messages"].(object)[of.Name()] = ref("components/messages", of.Name())
	return d.addStruct(reflect.TypeFor[event.Envelope]())
}

func requirement(p event.PartnerEvent) string {
	var text string
	switch {
	case p.Scope == "":
		text = "Open to all."
	case p.OwnScope == "":
		text = "Requires the scope " + p.Scope + "."
	default:
		text = "Requires the scope " + p.Scope + ", or " + p.OwnScope + " for what is the partner's own."
	}
	if len(p.Personal) > 0 {
		text += " Without customers:read, data lacks " + strings.Join(p.Personal, ", ") + "."
	}
	return text
}

// addWebhooks describes what partners receive.
func (d *document) addWebhooks() {
	messages := object{}
	for _, p := range event.PartnerEvents() {
		name := reflect.TypeOf(p.Payload).Name()
		messages[name] = ref("components/messages", name)
	}
	d.channels[webhooks] = object{
		"address":     nil,
		"title":       "Webhooks",
		"description": "HTTP requests to the endpoints of partners, signed by the Standard Webhooks specification. They lack correlationid, causationid, actor and traceparent.",
		"messages":    messages,
	}
	d.operations["deliver webhooks"] = object{"action": "send", "channel": ref("channels", webhooks), "summary": "Events are delivered to the endpoints that subscribe to their types."}
}

// ref is a reference to an element of the document.
func ref(folder, name string) object {
	return object{"$ref": "#/" + folder + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)}
}

// schemaOf is the JSON schema of a type. Structs are among the schemas of the document.
func (d *document) schemaOf(t reflect.Type) (object, error) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}, nil
	case t == reflect.TypeFor[json.RawMessage]():
		return object{}, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schemaOf(t.Elem())
	case reflect.String:
		return object{"type": "string"}, nil
	case reflect.Bool:
		return object{"type": "boolean"}, nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}, nil
	case reflect.Float64:
		return object{"type": "number"}, nil
	case reflect.Slice:
		items, err := d.schemaOf(t.Elem())
		return object{"type": []string{"array", "null"}, "items": items}, err
	case reflect.Map:
		values, err := d.schemaOf(t.Elem())
		return object{"type": []string{"object", "null"}, "additionalProperties": values}, err
	case reflect.Struct:
		return ref("components/schemas", t.Name()), d.addStruct(t)
	default:
		return nil, fmt.Errorf("%s has no schema", t)
	}
}

func (d *document) addStruct(t reflect.Type) error {
	if d.schemas[t.Name()] != nil {
		return nil
	}
	properties, required := object{}, []string{}
	schema := object{"type": "object"}
	d.schemas[t.Name()] = schema // before its fields, which may refer to it
	if err := d.addFields(t, properties, &required); err != nil {
		return fmt.Errorf("%s: %w", t.Name(), err)
	}
	schema["properties"] = properties
	if len(required) > 0 {
		schema["required"] = slices.Sorted(slices.Values(required))
	}
	if doc := d.docs[t.Name()]; doc != "" {
		schema["description"] = doc
	}
	if p, ok := reflect.TypeAssert[event.Payload](reflect.Zero(t)); ok {
		schema["$id"] = event.SchemaOf(p.Type())
	}
	return nil
}

func (d *document) addFields(t reflect.Type, properties object, required *[]string) error {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" { // its fields are the struct's
			if err := d.addFields(field.Type, properties, required); err != nil {
				return err
			}
			continue
		}
		if !field.IsExported() || name == "-" {
			continue
		}
		schema, err := d.schemaOf(field.Type)
		if err != nil {
			return err
		}
		if doc := d.docs[t.Name()+"."+field.Name]; doc != "" {
			schema = maps.Clone(schema)
			schema["description"] = doc
		}
		properties[name] = schema
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
	return nil
}

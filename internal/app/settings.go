package app

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"text/tabwriter"
)

// A setting is one environment variable and its effective value.
type setting struct {
	name, value string
}

// PrintConfig writes every setting with its effective value, secrets masked,
// in the form of an environment file.
func PrintConfig(w io.Writer, cfg Config) error {
	table := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for _, s := range settings(reflect.ValueOf(cfg), "") {
		if _, err := fmt.Fprintf(table, "%s=%s\n", s.name, masked(s.name, s.value)); err != nil {
			return err
		}
	}
	return table.Flush()
}

func settings(v reflect.Value, prefix string) []setting {
	var all []setting
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case name != "":
			all = append(all, setting{prefix + name, text(v.Field(i))})
		case field.Type.Kind() == reflect.Struct:
			all = append(all, settings(v.Field(i), prefix+field.Tag.Get("envPrefix"))...)
		}
	}
	return all
}

func text(v reflect.Value) string {
	if list, ok := reflect.TypeAssert[[]string](v); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v.Interface())
}

// masked hides what must not be seen over a shoulder or in a bug report.
func masked(name, value string) string {
	if value == "" {
		return ""
	}
	for _, secret := range []string{"SECRET", "KEY", "PASSWORD", "TOKEN"} {
		if strings.Contains(name, secret) {
			return "***"
		}
	}
	switch u, err := url.Parse(value); {
	case err != nil && strings.Contains(value, "@"):
		return "***"
	case err == nil && u.User != nil:
		value = u.Redacted()
	}
	return password.ReplaceAllString(value, "${1}***")
}

// password among the words that a database address may consist of.
var password = regexp.MustCompile(`(?i)(password ?= ?)('[^']*'|[^\s&]*)`)

package settings

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	duration        = reflect.TypeFor[time.Duration]()
)

// parse reads a value from the text of a variable, a flag or a YAML scalar.
// Lists and the name=value pairs of maps are separated by commas. On an error the
// value keeps its previous content.
func parse(v reflect.Value, text string) error {
	// A type's own form comes first: Size is an int64 and a duration is one too.
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch {
	case v.Type() == duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 250ms, 5s or 1h30m", text)
		}
		v.SetInt(int64(d))
		return nil
	case v.Kind() == reflect.Slice:
		return parseList(v, text)
	case v.Kind() == reflect.Map:
		return parseMap(v, text)
	default:
		return parseScalar(v, text)
	}
}

// parseScalar reads a plain value. A number that does not fit its type is an error and
// is never cut.
func parseScalar(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return notNumber(text, "whole number", err)
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return notNumber(text, "whole number from 0", err)
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return notNumber(text, "number", err)
		}
		v.SetFloat(n)
	default: // a struct with a field of such a type does not pass its first test
		panic("settings: no value of type " + v.Type().String() + " can be read")
	}
	return nil
}

// notNumber words strconv's two faults for whoever wrote the value.
func notNumber(text, what string, err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%s is out of range", text)
	}
	return fmt.Errorf("%q is not a %s", text, what)
}

// parseList reads into a new list, so that a fault in its middle changes nothing.
func parseList(v reflect.Value, text string) error {
	words := strings.Split(text, ",")
	list := reflect.MakeSlice(v.Type(), len(words), len(words))
	for i, word := range words {
		if err := parse(list.Index(i), strings.TrimSpace(word)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func parseMap(v reflect.Value, text string) error {
	all := reflect.MakeMap(v.Type())
	for pair := range strings.SplitSeq(text, ",") {
		// The first "=" separates: values such as base64 keys may contain more.
		name, word, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || name == "" {
			return fmt.Errorf("%q is not NAME=VALUE", pair)
		}
		value := reflect.New(v.Type().Elem()).Elem()
		if err := parse(value, word); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all.SetMapIndex(reflect.ValueOf(name), value)
	}
	v.Set(all)
	return nil
}

// Size is a number of bytes, written as 512, 64KiB, 1MiB or 2GiB.
type Size int64

// units are tried in this order: "KiB" ends with "B" too.
var units = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := strings.TrimSpace(string(text)), int64(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	// Half of the range: sums and doubles of two sizes must not overflow.
	if err != nil || n < 0 || n > (1<<62)/unit {
		return fmt.Errorf("%q is not a number of bytes such as 512, 64KiB or 1MiB", text)
	}
	*s = Size(n * unit)
	return nil
}

// String is the size in the largest unit that divides it, so that UnmarshalText
// reads back the same size.
func (s Size) String() string {
	for _, u := range units {
		if int64(s) >= u.bytes && int64(s)%u.bytes == 0 && u.bytes > 1 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

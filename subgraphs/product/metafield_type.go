package product

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
)

// MetafieldType is the type of a metafield's values; the values are the schema's.
type MetafieldType string

// The types. A number that need not fit a float is stored as text.
const (
	StringField  MetafieldType = "STRING"
	IntField     MetafieldType = "INT"
	DecimalField MetafieldType = "DECIMAL" // as text
	BooleanField MetafieldType = "BOOLEAN"
	DateField    MetafieldType = "DATE" // 2026-03-10
	URLField     MetafieldType = "URL"
	JSONField    MetafieldType = "JSON"
	ProductField MetafieldType = "PRODUCT" // its ID
)

const (
	maxMetafieldBytes  = 16 << 10
	maxMetafieldText   = 5_000
	maxMetafieldValues = 100 // of a list
	maxInt             = 1<<53 - 1
)

var decimalForm = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,9})?$`)

// value checks a value and returns its JSON, and the products that it refers to. Null
// removes the value.
func (d *MetafieldDefinition) value(c *checks, given any, path ...string) (encoded string, productIDs []string) {
	if given == nil {
		return "null", nil
	}
	values := []any{given}
	if d.IsList {
		list, ok := given.([]any)
		if !ok || len(list) > maxMetafieldValues {
			c.add(fault.Localized(fault.Invalid, "product.metafield_list", message.Args{"limit": maxMetafieldValues}), path...)
			return "", nil
		}
		values = list
	}
	checked := make([]any, len(values))
	for i, v := range values {
		at := path
		if d.IsList {
			at = append(slices.Clone(path), strconv.Itoa(i))
		}
		var valid bool
		if checked[i], valid = d.Type.check(v); !valid {
			c.add(fault.Localized(fault.Invalid, "product.metafield_value", message.Args{"type": string(d.Type)}), at...)
			continue
		}
		if d.Type == ProductField {
			productIDs = append(productIDs, checked[i].(string))
		}
	}
	var whole any = checked
	if !d.IsList {
		whole = checked[0]
	}
	text, err := json.Marshal(whole)
	switch {
	case err != nil || bytes.Contains(text, []byte(`\u0000`)): // which Postgres does not store
		c.add(fault.Localized(fault.Invalid, "product.text_not_plain"), path...)
	case len(text) > maxMetafieldBytes:
		c.add(fault.Localized(fault.Invalid, "product.metafield_size", message.Args{"limit": maxMetafieldBytes}), path...)
	}
	return string(text), productIDs
}

// check returns a value of the type as it is stored.
func (t MetafieldType) check(v any) (any, bool) {
	text, isText := v.(string)
	switch t {
	case BooleanField:
		_, ok := v.(bool)
		return v, ok
	case JSONField:
		return v, v != nil
	case IntField, DecimalField:
		return t.number(v)
	case DateField:
		_, err := time.Parse(time.DateOnly, text)
		return text, isText && err == nil
	case URLField:
		u, err := url.Parse(text)
		return text, isText && err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(text) <= maxMetafieldText
	case ProductField:
		return text, isText && strings.HasPrefix(text, string(id.Product)+"_") && len(storable([]string{text})) == 1
	case StringField:
		var c checks
		text = c.text(text, maxMetafieldText)
		return text, isText && len(c) == 0
	default:
		return nil, false
	}
}

func (t MetafieldType) number(v any) (any, bool) {
	var text string
	switch n := v.(type) {
	case string:
		text = n
	case json.Number:
		text = n.String()
	case int64:
		text = strconv.FormatInt(n, 10)
	case int:
		text = strconv.Itoa(n)
	case float64:
		text = strconv.FormatFloat(n, 'f', -1, 64)
	default:
		return nil, false
	}
	if !decimalForm.MatchString(text) {
		return nil, false
	}
	if t == DecimalField {
		return text, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n <= maxInt && n >= -maxInt
}

package arena

import (
	"bytes"
	"encoding/json"
)

// Text is the content of a string without its quotes, as it came where it has
// no escapes. It is not to be changed. Of other values it is nil.
func (a *Arena) Text(id ID) []byte {
	if a.Kind(id) != String {
		return nil
	}
	raw := a.Raw(id)
	raw = raw[1 : len(raw)-1]
	if bytes.IndexByte(raw, '\\') >= 0 {
		return []byte(Unescape(raw))
	}
	return raw
}

// Unescape is the text of a valid JSON string, given without quotes.
func Unescape(raw []byte) string {
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return string(raw)
	}
	return text
}

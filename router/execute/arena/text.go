package arena

import (
	"bytes"
	"encoding/json"
)

// Text returns the content of a string, and nil for other values. Without escape
// sequences, the common case, it is part of the source and must not be changed.
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

// Unescape decodes a valid JSON string, given without its quotes.
func Unescape(raw []byte) string {
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return string(raw)
	}
	return text
}

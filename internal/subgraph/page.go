package subgraph

import (
	"encoding/base64"
	"encoding/json"

	"cartograph/internal/fault"
	"cartograph/internal/message"
)

// MaxPage is the maximum size of a page.
const MaxPage = 100

// First returns the requested page size, or the default.
func First(first *int, otherwise int) (int, error) {
	if first == nil {
		return otherwise, nil
	}
	if *first < 0 || *first > MaxPage {
		return 0, fault.Localized(fault.Invalid, "common.page_size", message.Args{"limit": MaxPage})
	}
	return *first, nil
}

// EncodeCursor returns an opaque cursor of the name of the order and the sort
// key of a row.
func EncodeCursor(sort string, key ...any) string {
	encoded, err := json.Marshal(append([]any{sort}, key...))
	if err != nil {
		panic("subgraph: cursor of " + sort + ": " + err.Error()) // keys are plain values
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// DecodeCursor reads the sort key of a cursor into pointers. A malformed cursor,
// or one of another order, is Invalid. Without a cursor, or with an empty one,
// given is false and the page is the first.
func DecodeCursor(cursor *string, sort string, key ...any) (given bool, err error) {
	if cursor == nil || *cursor == "" {
		return false, nil
	}
	malformed := fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	raw, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return false, malformed
	}
	var parts []json.RawMessage
	var madeFor string
	if json.Unmarshal(raw, &parts) != nil || len(parts) != len(key)+1 ||
		json.Unmarshal(parts[0], &madeFor) != nil || madeFor != sort {
		return false, malformed
	}
	for i, target := range key {
		if json.Unmarshal(parts[i+1], target) != nil {
			return false, malformed
		}
	}
	return true, nil
}

// PageInfo is the graph's PageInfo.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Page cuts rows to a page and returns its PageInfo. Callers read one row more
// than first. after is whether the page was requested with a cursor.
func Page[T any](rows []T, first int, after bool, cursor func(T) string) ([]T, PageInfo) {
	info := PageInfo{HasPreviousPage: after}
	if len(rows) > first {
		rows, info.HasNextPage = rows[:first], true
	}
	if len(rows) > 0 {
		start, end := cursor(rows[0]), cursor(rows[len(rows)-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return rows, info
}

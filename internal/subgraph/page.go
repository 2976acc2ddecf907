package subgraph

import (
	"encoding/base64"
	"encoding/json"

	"cartograph/internal/fault"
)

// MaxPage is the most that a list gives at once.
const MaxPage = 100

// First is the size of the page that was asked for.
func First(first *int, otherwise int) (int, error) {
	if first == nil {
		return otherwise, nil
	}
	if *first < 0 || *first > MaxPage {
		return 0, fault.New(fault.Invalid, "first must be from 0 to %d.", MaxPage)
	}
	return *first, nil
}

// EncodeCursor makes an opaque cursor of the sort's name and the sort key of
// the row that it stands on.
func EncodeCursor(sort string, key ...any) string {
	encoded, err := json.Marshal(append([]any{sort}, key...))
	if err != nil {
		panic("subgraph: cursor of " + sort + ": " + err.Error()) // keys are plain values
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// DecodeCursor reads the sort key of a cursor into pointers. A cursor that is
// not ours, or was made for another sort, is Invalid; none, or an empty one,
// means: from the start.
func DecodeCursor(cursor *string, sort string, key ...any) (given bool, err error) {
	if cursor == nil || *cursor == "" {
		return false, nil
	}
	broken := fault.New(fault.Invalid, "This cursor does not belong to this list.").At("after")
	raw, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return false, broken
	}
	var parts []json.RawMessage
	var made string
	if json.Unmarshal(raw, &parts) != nil || len(parts) != len(key)+1 ||
		json.Unmarshal(parts[0], &made) != nil || made != sort {
		return false, broken
	}
	for i, target := range key {
		if json.Unmarshal(parts[i+1], target) != nil {
			return false, broken
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

// Page cuts rows, of which one more than first was read, to a page, and
// describes it. after tells that the page was reached by a cursor.
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

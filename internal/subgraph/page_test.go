package subgraph_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/fault"
	"cartograph/internal/subgraph"
)

func TestACursorGivesItsKeyBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 12, 0, 0, 123456000, time.UTC)
	cursor := subgraph.EncodeCursor("newest", at, "ord_1", int64(1)<<62)
	var gotAt time.Time
	var gotID string
	var gotRank int64
	given, err := subgraph.DecodeCursor(&cursor, "newest", &gotAt, &gotID, &gotRank)
	if err != nil || !given {
		t.Fatalf("DecodeCursor = %v, %v, want it given", given, err)
	}
	if !gotAt.Equal(at) || gotID != "ord_1" || gotRank != 1<<62 {
		t.Errorf("key = %v %s %d, want %v ord_1 %d", gotAt, gotID, gotRank, at, int64(1)<<62)
	}
}

func TestNoCursorMeansFromTheStart(t *testing.T) {
	t.Parallel()
	var key string
	empty := ""
	for _, cursor := range []*string{nil, &empty} {
		if given, err := subgraph.DecodeCursor(cursor, "newest", &key); given || err != nil {
			t.Errorf("DecodeCursor = %v, %v, want none given", given, err)
		}
	}
}

func TestACursorOfAnotherListIsInvalid(t *testing.T) {
	t.Parallel()
	good := subgraph.EncodeCursor("newest", "ord_1", 7)
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, cursor := range map[string]string{
		"another sort":  subgraph.EncodeCursor("price", "ord_1", 7),
		"truncated":     good[:len(good)-4],
		"not base64":    "!!!",
		"padded":        base64.URLEncoding.EncodeToString([]byte(`["newest","o",7]`)) + "=",
		"not JSON":      raw("newest"),
		"no array":      raw(`{"sort":"newest"}`),
		"empty array":   raw(`[]`),
		"key too short": subgraph.EncodeCursor("newest", "ord_1"),
		"key too long":  subgraph.EncodeCursor("newest", "ord_1", 7, 8),
		"number's type": subgraph.EncodeCursor("newest", "ord_1", "7"),
		"text's type":   subgraph.EncodeCursor("newest", 1, 7),
		"a fraction":    subgraph.EncodeCursor("newest", "ord_1", 7.5),
		"the sort's":    raw(`[1,"ord_1",7]`),
		"more after it": raw(`["newest","ord_1",7]x`),
	} {
		var id string
		var rank int
		_, err := subgraph.DecodeCursor(&cursor, "newest", &id, &rank)
		if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || fmt.Sprint(f.Path) != "[after]" {
			t.Errorf("%s: %v, want it Invalid at after", name, err)
		}
	}
}

func TestAPageHasNoMoreThanAHundred(t *testing.T) {
	t.Parallel()
	n := func(n int) *int { return &n }
	for _, tt := range []struct {
		first *int
		want  int
		valid bool
	}{
		{nil, 20, true}, {n(0), 0, true}, {n(1), 1, true}, {n(100), 100, true}, {n(101), 0, false}, {n(-1), 0, false},
	} {
		got, err := subgraph.First(tt.first, 20)
		if got != tt.want || (err == nil) != tt.valid || (err != nil && fault.KindOf(err) != fault.Invalid) {
			t.Errorf("First = %d, %v, want %d, valid %v", got, err, tt.want, tt.valid)
		}
	}
}

func TestAPageReportsItsNeighbours(t *testing.T) {
	t.Parallel()
	s := func(s string) *string { return &s }
	for name, tt := range map[string]struct {
		rows  []string
		first int
		after bool
		want  []string
		info  subgraph.PageInfo
	}{
		"one more was read": {[]string{"a", "b", "c"}, 2, false, []string{"a", "b"}, subgraph.PageInfo{HasNextPage: true, StartCursor: s("<a>"), EndCursor: s("<b>")}},
		"the last page":     {[]string{"c"}, 2, true, []string{"c"}, subgraph.PageInfo{HasPreviousPage: true, StartCursor: s("<c>"), EndCursor: s("<c>")}},
		"exactly a page":    {[]string{"a", "b"}, 2, false, []string{"a", "b"}, subgraph.PageInfo{StartCursor: s("<a>"), EndCursor: s("<b>")}},
		"nothing":           {nil, 2, false, nil, subgraph.PageInfo{}},
		"none wanted":       {[]string{"a"}, 0, false, []string{}, subgraph.PageInfo{HasNextPage: true}},
	} {
		rows, info := subgraph.Page(tt.rows, tt.first, tt.after, func(row string) string { return "<" + row + ">" })
		if diff := cmp.Diff(tt.want, rows); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.info, info); diff != "" {
			t.Errorf("%s: info (-want +got):\n%s", name, diff)
		}
	}
}

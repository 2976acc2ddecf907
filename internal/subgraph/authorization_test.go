package subgraph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cartograph/internal/auth"
)

func TestFieldsAreGivenToWhomTheSchemaAllows(t *testing.T) {
	t.Parallel()
	server := serve(t)
	const (
		open     = `{ note { text } }`
		reader   = `{ note { reader } }`
		editor   = `{ note { editor } }`
		aliased  = `{ note { text: editor } }`
		fragment = `{ note { ...on Note { ...f } } } fragment f on Note { editor }`
		inner    = `{ note { vault { gold } } }`
		outer    = `{ vault { gold } }`
		entity   = `{ _entities(representations: [{__typename: "Note", id: "n"}]) { ...on Note { editor } } }`
		entities = `{ _entities(representations: [{__typename: "Vault", id: "v"}]) { ...on Vault { gold } } }`
		write    = `mutation { write(text: "x") { text } }`
		nothing  = `mutation { write(text: "") { text } }`
	)
	user := func(scopes ...string) auth.Actor {
		return auth.Actor{Kind: auth.User, ID: "usr_ada", Scopes: scopes}
	}
	guest := func(scopes ...string) auth.Actor {
		return auth.Actor{Kind: auth.Guest, ID: "gst_1", Scopes: scopes}
	}
	service := auth.Actor{Kind: auth.Service, ID: "order"}
	client := auth.Actor{Kind: auth.APIClient, ID: "api_1", Scopes: []string{"admin"}}

	for _, tt := range []struct {
		query string
		actor auth.Actor
		want  string // a code, or "" for the field
	}{
		{open, anonymous, ""},
		{open, auth.Actor{}, ""},

		{reader, anonymous, "UNAUTHENTICATED"},
		{reader, auth.Actor{}, "UNAUTHENTICATED"},
		{reader, guest("notes:read"), "UNAUTHENTICATED"},
		{reader, user(), ""},
		{reader, client, ""},
		{reader, service, ""},

		{editor, anonymous, "UNAUTHENTICATED"},
		{editor, guest(), "UNAUTHENTICATED"},
		{editor, guest("notes:read", "notes:write"), ""}, // scopes alone do not require an account
		{editor, user(), "FORBIDDEN"},
		{editor, user("notes:read"), "FORBIDDEN"},
		{editor, user("notes:write"), "FORBIDDEN"},
		{editor, user("notes:read", "notes:write"), ""},
		{editor, user("notes:write", "other", "notes:read"), ""},
		{editor, user("admin"), ""},
		{editor, user("ADMIN", "notes", "notes:"), "FORBIDDEN"},
		{editor, client, ""},
		{editor, service, ""},
		{aliased, user(), "FORBIDDEN"},
		{fragment, user(), "FORBIDDEN"},

		{outer, anonymous, "UNAUTHENTICATED"},
		{outer, user(), "FORBIDDEN"},
		{outer, guest("vault:read"), ""},
		{outer, user("vault:read"), ""},
		{inner, guest("vault:read"), "UNAUTHENTICATED"}, // the field and its type: both
		{inner, user(), "FORBIDDEN"},
		{inner, user("vault:read"), ""},

		{entity, anonymous, "UNAUTHENTICATED"},
		{entity, user("admin"), ""},
		{entities, anonymous, "UNAUTHENTICATED"},
		{entities, user(), "FORBIDDEN"},
		{entities, user("vault:read"), ""},

		{write, anonymous, "UNAUTHENTICATED"},
		{write, user(), ""},
		{nothing, guest(), "UNAUTHENTICATED"}, // refused before anything is done
	} {
		name := fmt.Sprintf("%s as %s %v", tt.query, tt.actor.Kind, tt.actor.Scopes)
		a := server.Query(t, tt.actor, tt.query, nil)
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		if !slices.Equal(a.Codes(), want) {
			t.Errorf("%s: errors %v, want %v", name, a.Errors, want)
		}
		shown := strings.Contains(fmt.Sprint(a.Data), "text:text") || strings.Contains(fmt.Sprint(a.Data), ":text") || strings.Contains(fmt.Sprint(a.Data), "gold:gold")
		if shown != (tt.want == "") {
			t.Errorf("%s: data %v", name, a.Data)
		}
	}
}

func TestOneForbiddenFieldDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	a := serve(t).Query(t, anonymous, `{ note { text reader } }`, nil)
	if got := fmt.Sprint(a.Data); got != "map[note:map[reader:<nil> text:text]]" {
		t.Errorf("data = %s, want text without reader", got)
	}
	if len(a.Errors) != 1 || fmt.Sprint(a.Errors[0].Path) != "[note reader]" {
		t.Errorf("errors = %v, want one at note.reader", a.Errors)
	}
}

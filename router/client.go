package router

import (
	"net/http"
	"strings"

	"cartograph/router/execute"
)

// clientOf reads the client's name and version, in either of the usual
// spellings. They are not verified: only metrics and traces use them.
func clientOf(header http.Header) execute.Client {
	for _, prefix := range []string{"Graphql-Client-", "Apollographql-Client-"} {
		if name := labelText(header.Get(prefix + "Name")); name != "" {
			return execute.Client{Name: name, Version: labelText(header.Get(prefix + "Version"))}
		}
	}
	return execute.Client{}
}

// labelText returns text if it is short printable ASCII, else "". It becomes a
// metric label and a log value.
func labelText(text string) string {
	const maxBytes = 48
	unprintable := func(c rune) bool { return c < ' ' || c > '~' }
	if len(text) > maxBytes || strings.ContainsFunc(text, unprintable) {
		return ""
	}
	return text
}

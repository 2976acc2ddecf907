package router

import (
	"net/http"
	"strings"

	"cartograph/router/execute"
)

// clientOf reads who a client says it is, in either of the usual spellings.
// Nothing but metrics and traces depends on it.
func clientOf(header http.Header) execute.Client {
	for _, prefix := range []string{"Graphql-Client-", "Apollographql-Client-"} {
		if name := plainWord(header.Get(prefix + "Name")); name != "" {
			return execute.Client{Name: name, Version: plainWord(header.Get(prefix + "Version"))}
		}
	}
	return execute.Client{}
}

// plainWord is the text if it is short and printable, which a label must be.
func plainWord(text string) string {
	const longest = 48 // bytes
	strange := func(c rune) bool { return c < ' ' || c > '~' }
	if len(text) > longest || strings.ContainsFunc(text, strange) {
		return ""
	}
	return text
}

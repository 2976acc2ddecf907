package schema

import (
	"regexp"
	"strings"
)

// Codes are at the end of a mutation's description, where introspection and
// every tool that shows it have them: "userErrors: NOT_FOUND, CONFLICT."
var codes = regexp.MustCompile(`\s*userErrors: ([A-Z_]+(?:, [A-Z_]+)*)\.$`)

// UserErrorCodes splits the description of a mutation into its text and the codes
// that the mutation may return in userErrors. A test compares them with the code
// of the services.
func UserErrorCodes(description string) (text string, list []string) {
	at := codes.FindStringSubmatchIndex(description)
	if at == nil {
		return description, nil
	}
	return description[:at[0]], strings.Split(description[at[2]:at[3]], ", ")
}

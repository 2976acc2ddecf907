package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Unknown describes each variable of an environment ("NAME=value") that is not a
// setting although its first word is that of one, such as a setting with a
// typing error. Other programs' variables may share a first word, so this is
// for warnings.
func (r *Reader) Unknown(environment []string) []string {
	var known []string
	words := map[string]bool{}
	for _, f := range fields(r.root, "", r.prefix) {
		if f.variable == "" {
			continue
		}
		known = append(known, f.variable)
		word, _, _ := strings.Cut(f.variable, "_")
		words[word] = true
	}
	var problems []string
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		word, _, _ := strings.Cut(name, "_")
		if slices.Contains(known, name) || serviceLink.MatchString(variable) {
			continue
		}
		similar := nearest(name, known)
		switch {
		case words[word] && similar != "":
			problems = append(problems, fmt.Sprintf("%s: unknown setting; did you mean %s?", name, similar))
		case words[word]:
			problems = append(problems, name+": unknown setting")
		}
	}
	slices.Sort(problems)
	return problems
}

// serviceLink matches the variables that Kubernetes sets for each service of a
// namespace: with services named as roles they begin like settings.
var serviceLink = regexp.MustCompile(`^[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)=|_PORT=(tcp|udp|sctp)://`)

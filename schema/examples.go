package schema

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"
)

//go:embed examples
var examples embed.FS

// An Example shows a client how to use one root field.
type Example struct {
	Name      string // of the operation
	Query     string
	Variables string // JSON, or "" if the operation has none
}

// operation is one of the operations of a file; each ends with a brace at the
// start of a line.
var operation = regexp.MustCompile(`(?ms)^(?:query|mutation|subscription) (\w+).*?^}\n`)

// Examples returns an example for each root field by the field's name. Strings in
// variables that end in … are placeholders of the playground, which fills them from
// earlier answers.
func Examples() map[string]Example {
	files, err := fs.Glob(examples, "examples/*.graphql")
	if err != nil {
		panic("listing the embedded examples: " + err.Error())
	}
	all := map[string]Example{}
	for _, file := range files {
		if err := readExamples(file, all); err != nil {
			panic(fmt.Sprintf("reading the embedded %s: %v", path.Base(file), err))
		}
	}
	return all
}

func readExamples(file string, all map[string]Example) error {
	text, err := examples.ReadFile(file)
	if err != nil {
		return err
	}
	values, err := examples.ReadFile(strings.TrimSuffix(file, path.Ext(file)) + ".json")
	if err != nil {
		return err
	}
	var variables map[string]json.RawMessage
	if err := json.Unmarshal(values, &variables); err != nil {
		return err
	}
	for _, found := range operation.FindAllSubmatch(text, -1) {
		name := string(found[1])
		field := string(unicode.ToLower(rune(name[0]))) + name[1:]
		if _, twice := all[field]; twice {
			return fmt.Errorf("two examples are named %s", name)
		}
		all[field] = Example{Name: name, Query: string(found[0]), Variables: string(variables[name])}
		delete(variables, name)
	}
	for name := range variables {
		return fmt.Errorf("there is no operation %s for its variables", name)
	}
	return nil
}

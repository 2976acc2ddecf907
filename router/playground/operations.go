package playground

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed operations
var operationFiles embed.FS

// Operation is an example that runs as it is on the demo shop.
//
// A string in Variables that ends in … is a blank, which the pages fill from
// earlier answers: "crt_…" is the latest id with that prefix,
// "quote.total.amount…" the latest value at a path that ends so, and "new…" a
// fresh key for every run.
type Operation struct {
	Name      string // the operation's own: ProductPage
	Query     string
	Variables map[string]any // nil if there are none
	Written   string         // Variables as JSON, as a person wrote them; "" if there are none
}

// Operations returns the examples in the order in which they tell their story.
// A call that changes Variables changes only its own copy.
func Operations() []Operation {
	files, err := fs.Glob(operationFiles, "operations/*.graphql")
	if err != nil {
		panic(fmt.Sprintf("listing the embedded operations: %v", err))
	}
	operations := make([]Operation, len(files))
	for i, file := range files {
		op, err := readOperation(file)
		if err != nil {
			panic(fmt.Sprintf("reading the embedded %s: %v", file, err))
		}
		operations[i] = op
	}
	return operations
}

// readOperation reads a file and, beside it, the variables if there are any.
func readOperation(file string) (Operation, error) {
	query, err := operationFiles.ReadFile(file)
	if err != nil {
		return Operation{}, err
	}
	base := strings.TrimSuffix(file, ".graphql")
	op := Operation{Name: operationName(path.Base(base)), Query: string(query)}
	variables, err := operationFiles.ReadFile(base + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return op, nil
	}
	if err != nil {
		return Operation{}, err
	}
	op.Written = strings.TrimSpace(string(variables))
	return op, json.Unmarshal(variables, &op.Variables)
}

// operationName makes ProductPage of 2-product-page.
func operationName(base string) string {
	_, words, _ := strings.Cut(base, "-")
	var name strings.Builder
	for word := range strings.SplitSeq(words, "-") {
		name.WriteString(capitalise(word))
	}
	return name.String()
}

func capitalise(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

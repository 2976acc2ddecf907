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

// Operation is an example that runs unchanged on the demo data.
//
// A string in Variables that ends in … is a placeholder, which the pages fill from
// earlier answers: "crt_…" is the latest id with that prefix,
// "cost.total.amount…" the latest value whose path ends so, and "new…" a new
// key for each run.
type Operation struct {
	Name          string // of the operation, such as ProductPage
	Query         string
	Variables     map[string]any // nil if there are none
	VariablesJSON string         // Variables as written in the file; "" if there are none
}

// Operations returns the examples in the order to run them, since placeholders are
// filled by earlier ones. Each call returns its own copy.
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
	op.VariablesJSON = strings.TrimSpace(string(variables))
	return op, json.Unmarshal(variables, &op.Variables)
}

// operationName converts 2-product-page to ProductPage.
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

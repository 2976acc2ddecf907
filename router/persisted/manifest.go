package persisted

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// registered are the documents of all manifests.
type registered struct {
	byID   map[string]string // ids as in the manifests
	byHash map[string]string // by SHA-256, whatever the ids are
	texts  map[string]bool
}

// maxProblems bounds the error: after a schema change every entry may be invalid.
const maxProblems = 20

// load reads the manifests and checks each text once. Its error names the file and
// the entry of each problem.
func load(files []string, check func(text string) error) (registered, error) {
	r := registered{byID: map[string]string{}, byHash: map[string]string{}, texts: map[string]bool{}}
	from := map[string]string{} // id to file
	var problems []error
	for _, file := range files {
		entries, err := read(file)
		if err != nil {
			return r, fmt.Errorf("persisted documents in %s: %w", file, err)
		}
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			text := entries[id]
			if known, ok := r.byID[id]; ok && known != text {
				problems = append(problems, fmt.Errorf("persisted documents in %s: entry %q is a different document in %s", file, id, from[id]))
				continue
			}
			if !r.texts[text] {
				if err := check(text); err != nil {
					problems = append(problems, fmt.Errorf("persisted documents in %s: entry %q: %w", file, id, err))
				}
			}
			r.add(id, text)
			from[id] = file
		}
	}
	if more := len(problems) - maxProblems; more > 0 {
		problems = append(problems[:maxProblems], fmt.Errorf("and %d more", more))
	}
	return r, errors.Join(problems...)
}

func (r registered) add(id, text string) {
	sum := sha256.Sum256([]byte(text))
	r.byID[id], r.byHash[hex.EncodeToString(sum[:])], r.texts[text] = text, text, true
}

// apolloFormat is the format member of Apollo's manifests.
const apolloFormat = "apollo-persisted-query-manifest"

// read returns a manifest's documents by their ids. graphql-codegen and Relay
// write an object of ids and texts, Apollo's tools a list of operations with a format
// member.
func read(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := unambiguous(content); err != nil {
		return nil, err
	}
	var apollo struct {
		Format     json.RawMessage
		Version    int
		Operations []struct{ ID, Name, Type, Body string }
	}
	if err := json.Unmarshal(content, &apollo); err == nil && string(apollo.Format) == `"`+apolloFormat+`"` {
		if apollo.Version != 1 {
			return nil, fmt.Errorf("version %d of %s is not supported, only 1", apollo.Version, apolloFormat)
		}
		return fromApollo(apollo.Operations)
	}
	var texts map[string]string
	if err := json.Unmarshal(content, &texts); err != nil {
		return nil, fmt.Errorf("neither an object of ids and documents nor an %s: %w", apolloFormat, err)
	}
	for id, text := range texts {
		if id == "" || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("entry %q has no id or no document", id)
		}
	}
	return texts, nil
}

func fromApollo(operations []struct{ ID, Name, Type, Body string }) (map[string]string, error) {
	texts := map[string]string{}
	for i, o := range operations {
		if o.ID == "" || strings.TrimSpace(o.Body) == "" {
			return nil, fmt.Errorf("operation %d, %q, has no id or no body", i, o.Name)
		}
		if known, ok := texts[o.ID]; ok && known != o.Body {
			return nil, fmt.Errorf("operation %d, %q: entry %q occurs twice with different documents", i, o.Name, o.ID)
		}
		texts[o.ID] = o.Body
	}
	return texts, nil
}

// unambiguous refuses duplicate names in the outer object: encoding/json would
// silently take the last.
func unambiguous(content []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if open, err := decoder.Token(); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	} else if open != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[string]json.RawMessage{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		id := name.(string) // the decoder returns only strings here
		if before, ok := seen[id]; ok && !bytes.Equal(before, value) {
			return fmt.Errorf("entry %q occurs twice with different documents", id)
		}
		seen[id] = value
	}
	return nil
}

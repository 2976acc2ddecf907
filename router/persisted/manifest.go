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
	byID   map[string]string // as the manifests name them
	byHash map[string]string // by SHA-256, whatever their ids
	texts  map[string]bool
}

// mostFaults bounds what is said about manifests that do not fit the schema.
const mostFaults = 20

// load reads the manifests. What is wrong is said with the file's and the
// entry's name.
func load(files []string, check func(text string) error) (registered, error) {
	r := registered{byID: map[string]string{}, byHash: map[string]string{}, texts: map[string]bool{}}
	from := map[string]string{} // id to file
	var faults []error
	for _, file := range files {
		entries, err := read(file)
		if err != nil {
			return r, fmt.Errorf("persisted documents in %s: %w", file, err)
		}
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			text := entries[id]
			if known, ok := r.byID[id]; ok && known != text {
				faults = append(faults, fmt.Errorf("persisted documents in %s: entry %q is another document in %s", file, id, from[id]))
				continue
			}
			if !r.texts[text] {
				if err := check(text); err != nil {
					faults = append(faults, fmt.Errorf("persisted documents in %s: entry %q: %w", file, id, err))
				}
			}
			r.add(id, text)
			from[id] = file
		}
	}
	if more := len(faults) - mostFaults; more > 0 {
		faults = append(faults[:mostFaults], fmt.Errorf("and %d more", more))
	}
	return r, errors.Join(faults...)
}

func (r registered) add(id, text string) {
	sum := sha256.Sum256([]byte(text))
	r.byID[id], r.byHash[hex.EncodeToString(sum[:])], r.texts[text] = text, text, true
}

// apolloFormat is what a manifest of Apollo's tools calls itself.
const apolloFormat = "apollo-persisted-query-manifest"

// read returns a manifest's documents by their ids. graphql-codegen and Relay
// write an object of hashes and texts, Apollo's tools a list of operations;
// which it is, the file shows.
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
			return nil, fmt.Errorf("version %d of %s is not known, only 1", apollo.Version, apolloFormat)
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
			return nil, fmt.Errorf("operation %d, %q: entry %q is there twice with different documents", i, o.Name, o.ID)
		}
		texts[o.ID] = o.Body
	}
	return texts, nil
}

// unambiguous refuses JSON that has a name twice in its outer object, of which
// a reader would silently take one.
func unambiguous(content []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if open, err := decoder.Token(); err != nil {
		return fmt.Errorf("no JSON: %w", err)
	} else if open != json.Delim('{') {
		return errors.New("no JSON object")
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
		id := name.(string) // else the decoder had failed
		if before, ok := seen[id]; ok && !bytes.Equal(before, value) {
			return fmt.Errorf("entry %q is there twice with different documents", id)
		}
		seen[id] = value
	}
	return nil
}

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// withoutFile are the modules whose version in use contains no licence.
var withoutFile = map[string]string{
	"github.com/jensneuse/abstractlogger": "MIT, Copyright (c) 2023 Jens Neuse, by the LICENSE of its repository",
	"github.com/wundergraph/go-arena":     "Apache-2.0, by its source files and the LICENSE of its repository",
}

const heading = `Cartograph contains the modules below, under the licences that follow them.
The npm packages of the playground, which a build with npm contains, have theirs
in the page's assets/licenses.txt.

This file is written by make notice.
`

// write writes a list of all modules, and each text once with the modules that have
// it. A module without a licence is an error: nobody may distribute it.
func write(out io.Writer, modules []module) error {
	var texts []string
	having := map[string][]string{} // modules by text
	var list strings.Builder
	for _, m := range modules {
		_, _ = fmt.Fprintln(&list, strings.TrimSpace(m.Path+" "+m.Version))
		if len(m.Texts) == 0 {
			licence, known := withoutFile[m.Path]
			if !known {
				return fmt.Errorf("%s %s has no licence", m.Path, m.Version)
			}
			m.Texts = []string{licence}
		}
		for _, text := range m.Texts {
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
			having[text] = append(having[text], m.Path)
		}
	}
	if _, err := fmt.Fprintf(out, "%s\n%s", heading, list.String()); err != nil {
		return err
	}
	for _, text := range texts {
		if _, err := fmt.Fprintf(out, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(having[text], "\n"), text); err != nil {
			return err
		}
	}
	return nil
}

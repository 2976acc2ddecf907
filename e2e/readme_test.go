package e2e

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"cartograph/internal/polltest"
)

var (
	block       = regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```")
	placeholder = regexp.MustCompile(`<([A-Za-z0-9.]+)>`)
)

// TestTheReadmesPurchaseWorksAsWritten sends every operation of the README in
// order, with its variables.
func TestTheReadmesPurchaseWorksAsWritten(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	c := s.anyone()
	polltest.Eventually(t, "the catalogue searchable and in stock", func() bool {
		data := c.do(t, `{ search(query: "hedphones", first: 1) { nodes { variants(first: 1) { nodes { availability { canBuy } } } } } }`, nil)
		return data.get("search.nodes.0.variants.nodes.0.availability.canBuy") == true
	})

	answers := object{}
	blocks := block.FindAllStringSubmatch(string(readme), -1)
	operations := 0
	for i, b := range blocks {
		if b[1] != "graphql" {
			continue
		}
		operations++
		variables := vars{}
		if i+1 < len(blocks) && blocks[i+1][1] == "json" {
			filled := placeholder.ReplaceAllStringFunc(blocks[i+1][2], func(p string) string {
				return answers.str(strings.Trim(p, "<>"))
			})
			if err := json.Unmarshal([]byte(filled), &variables); err != nil {
				t.Fatalf("%s: %v", filled, err)
			}
		}
		var data object
		if strings.HasPrefix(b[2], "subscription") {
			data = c.subscribe(t, b[2], variables).next(t)
		} else {
			data = c.do(t, b[2], variables)
		}
		for field, value := range data {
			answers[field] = value
			if payload, ok := value.(map[string]any); ok && len(object(payload).list("userErrors")) > 0 {
				t.Errorf("%s answered %v", field, payload)
			}
		}
		if token := answers.str("guestSessionCreate.session.accessToken"); token != "" {
			c.token = token
		}
	}
	if operations < 7 || answers.str("order.status") == "" {
		t.Errorf("ran %d operations of the README and got %v", operations, answers["order"])
	}
	checkInvariants(t, s)
}

// TestTheReadmesCommandsExist compares the make targets of the documents with the
// Makefile.
func TestTheReadmesCommandsExist(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../README.md", "../CONTRIBUTING.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		makefile, err := os.ReadFile("../Makefile")
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range block.FindAllStringSubmatch(string(text), -1) {
			if b[1] != "sh" {
				continue
			}
			for _, m := range regexp.MustCompile(`make ([a-z][a-z0-9-]*)`).FindAllStringSubmatch(b[2], -1) {
				if !strings.Contains(string(makefile), "\n"+m[1]+":") {
					t.Errorf("%s: make %s does not exist", file, m[1])
				}
			}
		}
	}
}

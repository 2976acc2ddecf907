package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"cartograph/app"
	"cartograph/internal/polltest"
)

// inReadme are the blocks of one language in the router's README.
func inReadme(t *testing.T, language string) []string {
	t.Helper()
	readme, err := os.ReadFile("../../router/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

// filesOf writes a script's files, which the README's commands refer to, into a
// folder.
func filesOf(t *testing.T, dir string, scripts ...string) {
	t.Helper()
	for _, script := range scripts {
		archive, err := txtar.ParseFile(filepath.Join("testdata/script", script))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// words splits a command as a shell does, without expansions.
func words(line string) []string {
	var all []string
	for _, match := range regexp.MustCompile(`'([^']*)'|\S+`).FindAllStringSubmatch(line, -1) {
		all = append(all, strings.Trim(match[0], "'"))
	}
	return all
}

// TestTheRoutersReadmeWorksAsWritten runs its commands in a folder with their
// files, and sends its query to the router that they start.
func TestTheRoutersReadmeWorksAsWritten(t *testing.T) {
	commandBlocks, queries := inReadme(t, "sh"), inReadme(t, "graphql")
	dir := t.TempDir()
	filesOf(t, dir, "router.txtar", "plan.txtar")
	t.Chdir(dir)
	t.Setenv("FILMS_SECRET", strings.Repeat("s", 32))
	commands := 0
	for _, block := range commandBlocks {
		for line := range strings.Lines(block) {
			typed := words(line)
			commands++
			if typed[0] != "cartograph" {
				t.Errorf("%s is not our command", typed[0])
				continue
			}
			if slices.Contains(typed, "--listen") {
				serveAndQuery(t, typed[1:], queries)
				continue
			}
			var out bytes.Buffer
			if err := app.Main(t.Context(), typed[1:], &out, io.Discard); err != nil || out.Len() == 0 {
				t.Errorf("%s: %v, printed %q", strings.TrimSpace(line), err, out.String())
			}
		}
	}
	if commands < 5 {
		t.Errorf("the README has %d commands, want more", commands)
	}
}

// serveAndQuery starts a router on a free port, sends the queries, and stops it.
func serveAndQuery(t *testing.T, args, queries []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	args[slices.Index(args, "--listen")+1] = address
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := app.Main(ctx, args, io.Discard, io.Discard); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	})
	defer wg.Wait()
	defer stop()
	for _, query := range queries {
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		if got := post(t, "http://"+address+"/graphql", body); got != `{"data":{"__typename":"Query"}}` {
			t.Errorf("%s answered %s", query, got)
		}
	}
	if len(queries) == 0 {
		t.Error("the README has no query")
	}
}

// post repeats the request until the server responds.
func post(t *testing.T, url string, body []byte) (text string) {
	t.Helper()
	polltest.Eventually(t, "the router responds", func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		content, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(content)
		return true
	})
	return text
}

// TestTheRoutersReadmeNamesTheDefaults compares the table of limits with the
// defaults.
func TestTheRoutersReadmeNamesTheDefaults(t *testing.T) {
	dir := t.TempDir()
	filesOf(t, dir, "router.txtar")
	readme, err := os.ReadFile("../../router/README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	var out bytes.Buffer
	if err := app.Main(t.Context(), []string{"config", "--supergraph", "supergraph.graphql"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	group := ""
	for line := range strings.Lines(out.String()) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !strings.HasPrefix(line, " ") {
			group = key
		}
		defaults[group+"."+key] = strings.TrimSpace(value)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+\\.[a-z_]+)` \\| (\\S+) \\|").FindAllStringSubmatch(string(readme), -1)
	for _, row := range rows {
		if defaults[row[1]] != row[2] {
			t.Errorf("the README has %s = %s, it is %q", row[1], row[2], defaults[row[1]])
		}
	}
	if len(rows) < 20 {
		t.Errorf("found %d limits in the README, want more", len(rows))
	}
}

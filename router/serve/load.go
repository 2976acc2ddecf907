package serve

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"cartograph/internal/settings"
)

// prefix of the router's environment variables.
const prefix = "ROUTER_"

// Source is the command line's part of the settings. Precedence: flags, then the
// environment, then the file.
type Source struct {
	File         string // router.yaml; may be empty
	Supergraph   string
	Listen       string
	OverrideURLs []string // NAME=URL
}

// Load reads and checks the settings. Its error lists every invalid value with
// its position.
func (s Source) Load() (Settings, error) {
	all := Settings{file: s.File}
	reader := settings.New(&all, prefix)
	if s.File != "" {
		content, err := os.ReadFile(s.File)
		if err != nil {
			return all, fmt.Errorf("read configuration: %w", err)
		}
		reader.File(s.File, content)
		all.resolvePaths(s.File)
	}
	inFile := maps.Clone(all.OverrideURLs)
	reader.Environment(os.LookupEnv)
	inEnvironment := maps.Clone(all.OverrideURLs)
	for _, f := range []struct{ flag, path, value string }{
		{"--supergraph", "supergraph", s.Supergraph},
		{"--listen", "listen", s.Listen},
		{"--override-url", "override_urls", strings.Join(s.OverrideURLs, ",")},
	} {
		if f.value != "" {
			reader.Flag(f.flag, f.path, f.value)
		}
	}
	all.OverrideURLs = merged(inFile, inEnvironment, all.OverrideURLs)
	if all.Supergraph == "" {
		reader.Report("supergraph", "a supergraph is required")
	}
	if all.Introspection == introspectionSignedIn && len(all.Issuers)+len(all.APIKeys) == 0 {
		reader.Report("introspection", "signed-in needs issuers or api_keys, else no caller is signed in")
	}
	reader.Check()
	return all, reader.Err()
}

// merged returns the union of maps; later ones win.
func merged(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, m := range all {
		maps.Copy(sum, m)
	}
	return sum
}

package serve

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cartograph/router/ratelimit"
)

const leastSecret = 32 // bytes

var sha256Hex = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// Validate holds the rules that no tag can tell.
func (s *Settings) Validate(report func(path, format string, args ...any)) {
	if len(s.Path) < 2 || s.Path[0] != '/' {
		report("path", "%q is not a path below /", s.Path)
	}
	for i, issuer := range s.Issuers {
		at := fmt.Sprintf("issuers[%d]", i)
		if issuer.Name == "" {
			report(at, "an issuer needs a name, the iss of its tokens")
		}
		if issuer.KeysURL == "" {
			report(at, "an issuer needs a keys_url, where its JWKS is")
		}
	}
	if s.Limits.Subgraph > s.Limits.Request {
		report("limits.subgraph", "%s is longer than limits.request, %s", s.Limits.Subgraph, s.Limits.Request)
	}
	for name, subgraph := range s.Subgraphs {
		if subgraph.Timeout > s.Limits.Request {
			report("subgraphs."+name+".timeout", "%s is longer than limits.request, %s", subgraph.Timeout, s.Limits.Request)
		}
	}
	if n := len(s.InternalSecret); n > 0 && n < leastSecret {
		report("internal_secret", "%d bytes, at least %d are needed", n, leastSecret)
	}
	var ids []string
	for i, key := range s.APIKeys {
		at := fmt.Sprintf("api_keys[%d]", i)
		switch {
		case key.ID == "":
			report(at, "a key needs an id")
		case slices.Contains(ids, key.ID):
			report(at, "there is another key of the id %q", key.ID)
		}
		ids = append(ids, key.ID)
		if !sha256Hex.MatchString(key.SHA256) {
			report(at, "its sha256 is not the SHA-256 of a key in hexadecimal")
		}
	}
}

// beside makes the paths of files relative to the file that names them.
func (s *Settings) beside(file string) {
	for _, name := range append([]*string{&s.Supergraph}, pointers(s.Persisted.Manifests)...) {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(filepath.Dir(file), *name)
		}
	}
}

func pointers(words []string) []*string {
	all := make([]*string, len(words))
	for i := range words {
		all[i] = &words[i]
	}
	return all
}

// FieldRate is how often one field at the root may be asked: "20:40", or
// "20:40/120:600" where the second is for all of one network address.
type FieldRate ratelimit.Field

// UnmarshalText reads one rate or two.
func (f *FieldRate) UnmarshalText(text []byte) error {
	own, address, both := strings.Cut(string(text), "/")
	if err := f.Rate.UnmarshalText([]byte(own)); err != nil || !both {
		return err
	}
	return f.PerAddress.UnmarshalText([]byte(address))
}

// MarshalText writes what UnmarshalText reads.
func (f FieldRate) MarshalText() ([]byte, error) {
	text, err := f.Rate.MarshalText()
	if err != nil || f.PerAddress.PerMinute == 0 {
		return text, err
	}
	address, err := f.PerAddress.MarshalText()
	return append(append(text, '/'), address...), err
}

package serve

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cartograph/internal/optional"
	"cartograph/router/ratelimit"
)

const minSecretBytes = 32

// memoryPerBody is how many of the largest bodies the memory must hold, so that one
// such request of an address is not refused forever: an address has a quarter of the
// memory, half of which is for answers, and a buffer is at most twice the body.
const memoryPerBody = 16

var sha256Hex = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// Validate checks the rules that struct tags cannot express.
func (s *Settings) Validate(report func(path, format string, args ...any)) {
	if len(s.Path) < 2 || s.Path[0] != '/' {
		report("path", "%q is not a path that begins with /", s.Path)
	}
	for i, issuer := range s.Issuers {
		at := fmt.Sprintf("issuers[%d]", i)
		if issuer.Name == "" {
			report(at, "name is required: the iss of its tokens")
		}
		if issuer.KeysURL == "" {
			report(at, "keys_url is required: the URL of its JWKS")
		}
	}
	if s.Limits.Subgraph > s.Limits.Request {
		report("limits.subgraph", "%s is longer than limits.request, %s", s.Limits.Subgraph, s.Limits.Request)
	}
	if s.Limits.ConcurrencyMin > s.Limits.ConcurrencyMax {
		report("limits.concurrency_min", "%d is more than limits.concurrency_max, %d", s.Limits.ConcurrencyMin, s.Limits.ConcurrencyMax)
	}
	if least := memoryPerBody * s.Limits.Body; s.Limits.Memory < least {
		report("limits.memory", "%s is less than %d times limits.body, %s", s.Limits.Memory, memoryPerBody, s.Limits.Body)
	}
	for name, subgraph := range s.Subgraphs {
		if subgraph.Timeout > s.Limits.Request {
			report("subgraphs."+name+".timeout", "%s is longer than limits.request, %s", subgraph.Timeout, s.Limits.Request)
		}
	}
	if n := len(s.InternalSecret); n > 0 && n < minSecretBytes {
		report("internal_secret", "%d bytes, at least %d are required", n, minSecretBytes)
	}
	var ids []string
	for i, key := range s.APIKeys {
		at := fmt.Sprintf("api_keys[%d]", i)
		switch {
		case key.ID == "":
			report(at, "id is required")
		case slices.Contains(ids, key.ID):
			report(at, "id %q is used twice", key.ID)
		}
		ids = append(ids, key.ID)
		if !sha256Hex.MatchString(key.SHA256) {
			report(at, "sha256 must be 64 hexadecimal digits")
		}
	}
}

// resolvePaths makes relative paths relative to the file that contains them.
func (s *Settings) resolvePaths(file string) {
	for _, path := range append(optional.Pointers(s.Persisted.Manifests), &s.Supergraph) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(filepath.Dir(file), *path)
		}
	}
}

// FieldRate limits one root field: "20:40" per actor, or "20:40/120:600" with a
// second rate per network address.
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

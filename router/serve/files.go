package serve

import (
	"crypto/sha256"
	"maps"
	"os"
	"slices"
	"time"
)

// files are those that a router was built from, with their fingerprints.
type files struct {
	names  []string
	loaded prints // at the last reload
	last   prints // at the last poll
}

type prints map[string]fingerprint

// fingerprint identifies the content of a file; the zero value is that of a file
// that cannot be read.
type fingerprint struct {
	size     int64
	modified time.Time
	sum      [sha256.Size]byte
}

func watch(names ...string) files {
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	f := files{names: names}
	f.markLoaded()
	return f
}

// markLoaded takes the present content as the one that is loaded.
func (f *files) markLoaded() {
	f.last = fingerprints(f.names, nil)
	f.loaded = f.last
}

// changed reports whether the content differs from the loaded one and was the
// same in the previous poll. A file that is still being written changes between
// polls, and half of it must not be loaded.
func (f *files) changed() bool {
	now := fingerprints(f.names, f.last)
	stable := now.same(f.last)
	f.last = now
	return stable && !now.same(f.loaded)
}

func (f files) same(o files) bool { return slices.Equal(f.names, o.names) }

// fingerprints reads only files whose size or modification time changed.
func fingerprints(names []string, before prints) prints {
	now := prints{}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			now[name] = fingerprint{}
			continue
		}
		if known, ok := before[name]; ok && known.size == info.Size() && known.modified.Equal(info.ModTime()) {
			now[name] = known
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			now[name] = fingerprint{}
			continue
		}
		now[name] = fingerprint{info.Size(), info.ModTime(), sha256.Sum256(content)}
	}
	return now
}

// same compares contents: a file that was only touched has not changed.
func (l prints) same(o prints) bool {
	return maps.EqualFunc(l, o, func(a, b fingerprint) bool { return a.sum == b.sum })
}

package serve

import (
	"crypto/sha256"
	"maps"
	"os"
	"slices"
	"time"
)

// files are those that a router was built of, and how they looked.
type files struct {
	names  []string
	loaded looks // at the last reload
	last   looks // at the last look
}

type looks map[string]look

// look is what a file looks like; the zero value is one that cannot be read.
type look struct {
	size     int64
	modified time.Time
	sum      [sha256.Size]byte
}

func watch(names ...string) files {
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	f := files{names: names}
	f.seen()
	return f
}

// seen takes the files as they are now for what was loaded.
func (f *files) seen() {
	f.last = lookAt(f.names, nil)
	f.loaded = f.last
}

// changed reports whether the files' content is new and was the same at the
// look before: a file that is being written is left alone.
func (f *files) changed() bool {
	now := lookAt(f.names, f.last)
	settled := now.same(f.last)
	f.last = now
	return settled && !now.same(f.loaded)
}

func (f files) same(o files) bool { return slices.Equal(f.names, o.names) }

// lookAt reads what is not as it was before.
func lookAt(names []string, before looks) looks {
	now := looks{}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			now[name] = look{}
			continue
		}
		if known, ok := before[name]; ok && known.size == info.Size() && known.modified.Equal(info.ModTime()) {
			now[name] = known
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			now[name] = look{}
			continue
		}
		now[name] = look{info.Size(), info.ModTime(), sha256.Sum256(content)}
	}
	return now
}

// same compares contents: a file that was only touched has not changed.
func (l looks) same(o looks) bool {
	return maps.EqualFunc(l, o, func(a, b look) bool { return a.sum == b.sum })
}

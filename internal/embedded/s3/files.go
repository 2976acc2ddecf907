package s3

import (
	"os"
	"path/filepath"

	"github.com/spf13/afero"
)

// wholeFiles is a file system in which a file that is created appears under its name
// when it is closed, complete and on disk.
type wholeFiles struct {
	afero.Fs
	temporary string // a folder on the same disk
	root      string // of the files
}

// Create returns a file that takes its name when it is closed.
func (w wholeFiles) Create(name string) (afero.File, error) {
	f, err := os.CreateTemp(w.temporary, "object-")
	if err != nil {
		return nil, err
	}
	return &wholeFile{File: f, name: filepath.Join(w.root, filepath.Join("/", filepath.FromSlash(name)))}, nil
}

type wholeFile struct {
	*os.File
	name   string
	failed bool
}

func (f *wholeFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.failed = f.failed || err != nil
	return n, err
}

func (f *wholeFile) Close() error {
	err := f.Sync()
	if closed := f.File.Close(); err == nil {
		err = closed
	}
	if err != nil || f.failed {
		_ = os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), f.name)
}

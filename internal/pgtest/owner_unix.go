//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ours refuses a folder that somebody else put in the way.
func ours(dir string) error {
	st, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if owner, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(owner.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a folder of this user's; remove it or set TMPDIR", dir)
	}
	return nil
}

//go:build unix

package postgres

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Signals for a fast shutdown, which rolls back and flushes, and for an immediate
// one, which leaves the rest to crash recovery.
const (
	interrupt = syscall.SIGINT
	quit      = syscall.SIGQUIT
)

// identity is the user that runs Postgres. It refuses to run as root, so root
// starts it as another user.
type identity struct {
	name   string // empty: the user of this process
	uid    int    // owner of the cluster's files
	gid    int
	userns bool // in a user namespace that maps root to nobody
}

// identities lists the users that could run Postgres, in order of preference.
func identities() []identity {
	if os.Geteuid() != 0 {
		return []identity{{uid: os.Geteuid(), gid: os.Getegid()}}
	}
	var list []identity
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil && uid != 0 {
			list = append(list, identity{name: name, uid: uid, gid: gid})
		}
	}
	return append(list, namespaces()...)
}

func (i identity) suffix() string {
	if i.name == "" {
		return ""
	}
	return " as " + i.name
}

// becomes reports whether Postgres runs with another user id than this process.
func (i identity) becomes() bool { return i.name != "" && !i.userns }

// The user must be able to walk from the root to the data folder, and Postgres's own
// message about a folder it cannot enter names neither the folder nor the user.

// enter returns an error if the user cannot reach the folders.
func (i identity) enter(dirs ...string) error {
	if !i.becomes() {
		return nil
	}
	for _, dir := range dirs {
		for ; ; dir = filepath.Dir(dir) {
			st, err := os.Stat(dir)
			if err != nil {
				return err
			}
			if !i.mayEnter(st) {
				return fmt.Errorf("the user %s cannot enter %s, and Postgres does not run as root", i.name, dir)
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return nil
}

// mayEnter is the kernel's rule: only the first class that fits counts, so an owner
// without the bit is refused although others have it.
func (i identity) mayEnter(st fs.FileInfo) bool {
	mode := st.Mode().Perm()
	owner, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case ok && int(owner.Uid) == i.uid:
		return mode&0o100 != 0
	case ok && int(owner.Gid) == i.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// own changes the owner of the files to the identity, unless it is already.
func (i identity) own(root string) error {
	st, err := os.Stat(root)
	if err != nil {
		return err
	}
	if owner, ok := st.Sys().(*syscall.Stat_t); ok && int(owner.Uid) == i.uid {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s belongs to another user", root)
	}
	// Lchown: a symbolic link in the folder must not give away the file that it names.
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, i.uid, i.gid)
	})
}

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

// Postgres' words for a shutdown: fast rolls back and flushes, immediate
// leaves the rest to crash recovery.
const (
	interrupt = syscall.SIGINT
	quit      = syscall.SIGQUIT
)

// identity is as whom Postgres runs. It refuses to run as root, so root has
// to become somebody else first.
type identity struct {
	name   string // empty: as ourselves
	uid    int    // owner of the cluster's files
	gid    int
	userns bool // a namespace of its own, in which root looks like nobody
}

// identities lists as whom Postgres could run, the best first.
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

// becomes reports whether Postgres has to be run with another user id.
func (i identity) becomes() bool { return i.name != "" && !i.userns }

// enter reports why Postgres could not work in the folders.
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

// own gives the files to the identity, if they are not its own already.
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
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, i.uid, i.gid)
	})
}

//go:build unix && !linux

package postgres

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func namespaces() []identity { return nil }

func (i identity) attr() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true} // keeps Ctrl-C from the server, which is stopped last
	if i.becomes() {
		a.Credential = &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}
	}
	return a
}

// serverAttr has no parent-death signal here; the next start stops a server that
// outlived its process.
func (i identity) serverAttr(detached bool) *syscall.SysProcAttr {
	a := i.attr()
	if detached {
		a.Setpgid, a.Setsid = false, true
	}
	return a
}

// isServerOf reports whether the process is a Postgres whose data folder is data.
func isServerOf(pid int, data string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // exits at once
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), data)
}

// syncFiles flushes all file systems.
func syncFiles(string) error {
	syscall.Sync()
	return nil
}

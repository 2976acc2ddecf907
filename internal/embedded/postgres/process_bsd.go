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
	a := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us; we stop Postgres last
	if i.becomes() {
		a.Credential = &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}
	}
	return a
}

// serverAttr cannot tie the server to our life here; the next start stops one
// that was left behind.
func (i identity) serverAttr(detached bool) *syscall.SysProcAttr {
	a := i.attr()
	if detached {
		a.Setpgid, a.Setsid = false, true
	}
	return a
}

// serves reports whether the process is a Postgres that works in data.
func serves(pid int, data string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // ends at once
	return err == nil && strings.Contains(string(out), "postgres") && strings.Contains(string(out), data)
}

// syncFiles writes all that was changed to disk.
func syncFiles(string) error {
	syscall.Sync()
	return nil
}

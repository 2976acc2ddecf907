package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// nobody is the user id that root has inside the namespace.
const nobody = 65534

// namespaces lists the identity for folders that only root can enter.
func namespaces() []identity {
	return []identity{{name: "nobody in a user namespace", userns: true}}
}

func (i identity) attr() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true} // keeps Ctrl-C from the server, which is stopped last
	switch {
	// Inside the namespace the process is nobody, so Postgres starts; outside it still
	// is root, so it can enter every folder that we can.
	case i.userns:
		a.Cloneflags = syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}}
	case i.becomes():
		a.Credential = &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}
	}
	return a
}

// serverAttr also has the kernel signal the server when this process exits.
func (i identity) serverAttr(detached bool) *syscall.SysProcAttr {
	a := i.attr()
	// A detached server outlives this process on purpose: test binaries share one.
	if detached {
		a.Setpgid, a.Setsid = false, true
	} else {
		a.Pdeathsig = interrupt
	}
	return a
}

// isServerOf reports whether the process is a Postgres whose data folder is data.
func isServerOf(pid int, data string) bool {
	proc := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(proc + "stat")
	if err != nil {
		return false
	}
	// "123 (postgres) S …"; a zombie has ended and only waits for its parent.
	name, state, _ := strings.Cut(string(stat), ") ")
	if !strings.HasSuffix(name, "(postgres") || strings.HasPrefix(state, "Z") {
		return false
	}
	cwd, err := os.Readlink(proc + "cwd")
	if err != nil {
		return false // another user's process
	}
	// Postgres changes into its data folder, by which its servers are distinguished. The
	// kernel resolves links, so ours are resolved too.
	real, err := filepath.EvalSymlinks(data)
	return err == nil && cwd == real
}

// syncFiles flushes the file system of dir.
func syncFiles(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return unix.Syncfs(int(f.Fd()))
}

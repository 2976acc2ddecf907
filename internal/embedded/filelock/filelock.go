// Package filelock gives one process of a machine exclusive use of a file.
//
// The lock belongs to an open file: the operating system releases it when the
// process ends, also by SIGKILL. The file itself is kept.
package filelock

import "errors"

// ErrHeld reports that another process, or another part of this one, has the lock.
var ErrHeld = errors.New("the file is locked")

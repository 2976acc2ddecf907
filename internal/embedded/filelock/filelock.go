// Package filelock keeps processes of one machine out of each other's way.
//
// A lock is on an open file: the operating system frees it when the process
// that holds it ends, however that ends. The file itself stays.
package filelock

import "errors"

// ErrHeld says that another process, or another part of this one, has the lock.
var ErrHeld = errors.New("the file is locked")

//go:build !unix

package postgres

import "syscall"

const (
	interrupt = syscall.SIGINT
	quit      = syscall.SIGQUIT
)

// identity is the user that runs Postgres: here always that of this process.
type identity struct{ name string }

func identities() []identity { return []identity{{}} }

func (identity) suffix() string                       { return "" }
func (identity) enter(...string) error                { return nil }
func (identity) own(string) error                     { return nil }
func (identity) attr() *syscall.SysProcAttr           { return nil }
func (identity) serverAttr(bool) *syscall.SysProcAttr { return nil }
func isServerOf(int, string) bool                     { return false }
func syncFiles(string) error                          { return nil }

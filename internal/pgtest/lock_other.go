//go:build !unix

package pgtest

import "errors"

func lock(string) (unlock func(), err error) {
	return nil, errors.New("set TEST_POSTGRES: a cluster for tests is started on Linux, macOS and BSD only")
}

func ours(string) error { return nil }

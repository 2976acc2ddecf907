// Package bodyio reads response bodies into memory under a limit. Both HTTP
// clients of the router use it, so that a limit means the same for each.
package bodyio

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// The reasons for which a body is rejected.
var (
	ErrTooLarge = errors.New("response body exceeds the limit")
	ErrEncoding = errors.New("unsupported or invalid content encoding")
)

// minRead is the smallest free space, in bytes, that is offered to one Read.
const minRead = 512

// Append reads src to its end and appends it to dst. It fails with ErrTooLarge
// as soon as more than limit bytes were read, so that what an endless body
// costs is bounded by the limit and one read.
func Append(dst []byte, src io.Reader, limit int) ([]byte, error) {
	start := len(dst)
	for {
		dst = slices.Grow(dst, minRead)
		n, err := src.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if len(dst)-start > limit {
			return nil, ErrTooLarge
		}
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

var gzipReaders sync.Pool // of *gzip.Reader, which hold about 40 KB each

// AppendGzip decompresses src and appends the result to dst. The limit is on
// the decompressed size: a small body may expand a thousandfold.
func AppendGzip(dst []byte, src io.Reader, limit int) ([]byte, error) {
	z, _ := gzipReaders.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer gzipReaders.Put(z)
	if err := z.Reset(src); err != nil {
		return nil, fmt.Errorf("%w: gzip: %w", ErrEncoding, err)
	}
	return Append(dst, z, limit)
}

package upstream

import (
	"compress/gzip"
	"fmt"
	"io"
	"sync"
)

var inflaters sync.Pool // of *gzip.Reader

// inflate appends what src holds packed to into, at most so many bytes.
func inflate(into []byte, src io.Reader, largest int) ([]byte, error) {
	z, _ := inflaters.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer inflaters.Put(z)
	if err := z.Reset(src); err != nil {
		return nil, fmt.Errorf("%w: gzip: %w", errUnframed, err)
	}
	return appendAll(into, z, largest)
}

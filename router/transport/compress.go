package transport

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// leastPacked is the size in bytes from which compressing is worth its work.
const leastPacked = 1 << 10

// The encodings of whole answers, best first, of streams, and of requests. br
// comes last: it makes answers as small as zstd does for five times the work,
// so it is for who likes it more. Requests are not taken as br: its decoder
// gives a few hostile bytes a window of 16 MiB.
var (
	packings       = []string{"zstd", "gzip", "br"}
	streamPackings = []string{"gzip"}
	unpackings     = []string{"gzip", "zstd"}
)

// chooseEncoding is the best of those offered that Accept-Encoding likes most,
// or "" for none.
func chooseEncoding(header string, offered ...string) string {
	best, liked := "", 0.0
	for _, name := range offered {
		if quality := likes(header, name); quality > liked {
			best, liked = name, quality
		}
	}
	return best
}

// likes is the quality that Accept-Encoding gives to an encoding.
func likes(header, name string) float64 {
	any := 0.0
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		if !strings.EqualFold(coding, name) && coding != "*" {
			continue
		}
		quality := 1.0
		if q, found := strings.CutPrefix(strings.TrimSpace(params), "q="); found {
			quality, _ = strconv.ParseFloat(q, 64) // what is no number is no wish
		}
		if coding != "*" {
			return quality
		}
		any = quality
	}
	return any
}

// packers compress answers and inflate requests. Their parts are large and used
// again.
type packers struct {
	largest int64 // bytes of a request
	buffers sync.Pool
	gzips   sync.Pool
	brotlis sync.Pool
	readers sync.Pool
	zstd    *zstd.Encoder
	unzstd  *zstd.Decoder
}

func newPackers(largest int64) *packers {
	p := &packers{largest: largest}
	p.buffers.New = func() any { return new(bytes.Buffer) }
	p.gzips.New = func() any { return must(gzip.NewWriterLevel(nil, 4)) }
	p.brotlis.New = func() any { return brotli.NewWriterLevel(nil, 4) }
	p.readers.New = func() any { return new(gzip.Reader) }
	p.zstd = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true)))
	p.unzstd = must(zstd.NewReader(nil, zstd.WithDecoderMaxMemory(uint64(max(largest, 1))), zstd.WithDecoderLowmem(true)))
	return p
}

// must is for options that are ours and constant.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// pack compresses a body. The result is the caller's until release.
func (p *packers) pack(encoding string, body []byte) (packed []byte, release func()) {
	out := p.buffers.Get().(*bytes.Buffer)
	out.Reset()
	switch encoding {
	case "zstd":
		packed = p.zstd.EncodeAll(body, out.AvailableBuffer())
		return packed, func() { p.buffers.Put(bytes.NewBuffer(packed[:0])) }
	case "br":
		w := p.brotlis.Get().(*brotli.Writer)
		defer p.brotlis.Put(w)
		w.Reset(out)
		squeeze(w, body)
	default:
		w := p.gzips.Get().(*gzip.Writer)
		defer p.gzips.Put(w)
		w.Reset(out)
		squeeze(w, body)
	}
	return out.Bytes(), func() { p.buffers.Put(out) }
}

func squeeze(w io.WriteCloser, body []byte) {
	_, _ = w.Write(body) // into memory: it cannot fail
	_ = w.Close()
}

var (
	errUnknownEncoding = errors.New("unknown content encoding")
	errTooLarge        = errors.New("too large when inflated")
)

// unpack inflates a request's body up to the size that a plain one may have.
func (p *packers) unpack(encoding string, body []byte) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return p.gunzip(body)
	case "zstd":
		out, err := p.unzstd.DecodeAll(body, nil)
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
			err = errTooLarge
		}
		return out, err
	default:
		return nil, errUnknownEncoding
	}
}

func (p *packers) gunzip(body []byte) ([]byte, error) {
	r := p.readers.Get().(*gzip.Reader)
	defer p.readers.Put(r)
	if err := r.Reset(bytes.NewReader(body)); err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, p.largest+1))
	if err == nil && int64(len(out)) > p.largest {
		err = errTooLarge
	}
	return out, err
}

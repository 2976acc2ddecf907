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

// minCompressed is the size in bytes from which compression is worth its cost.
const minCompressed = 1 << 10

// The encodings of whole answers, of streams and of requests, preferred first. br
// is last: its answers are as small as zstd's for five times the CPU, so it is
// used only where the client prefers it. Requests are not accepted as br, whose
// decoder allocates a window of 16 MiB for a few hostile bytes.
var (
	answerEncodings  = []string{"zstd", "gzip", "br"}
	streamEncodings  = []string{"gzip"}
	requestEncodings = []string{"gzip", "zstd"}
)

// chooseEncoding returns the offered encoding with the highest quality in
// Accept-Encoding, the first of several; "" for none.
func chooseEncoding(header string, offered ...string) string {
	best, highest := "", 0.0
	for _, name := range offered {
		if quality := qualityIn(header, name); quality > highest {
			best, highest = name, quality
		}
	}
	return best
}

// qualityIn is the quality of an encoding in an Accept-Encoding header.
func qualityIn(header, name string) float64 {
	any := 0.0
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		if !strings.EqualFold(coding, name) && coding != "*" {
			continue
		}
		quality := 1.0
		if q, found := strings.CutPrefix(strings.TrimSpace(params), "q="); found {
			quality, _ = strconv.ParseFloat(q, 64) // invalid: 0
		}
		if coding != "*" {
			return quality
		}
		any = quality
	}
	return any
}

// compression compresses answers and decompresses requests. Its encoders and
// decoders hold large buffers and are pooled. It is safe for concurrent use.
type compression struct {
	maxRequest int64 // bytes, decompressed
	buffers    sync.Pool
	gzips      sync.Pool
	brotlis    sync.Pool
	readers    sync.Pool
	zstd       *zstd.Encoder
	unzstd     *zstd.Decoder
}

func newCompression(maxRequest int64) *compression {
	p := &compression{maxRequest: maxRequest}
	p.buffers.New = func() any { return new(bytes.Buffer) }
	p.gzips.New = func() any { return must(gzip.NewWriterLevel(nil, 4)) }
	p.brotlis.New = func() any { return brotli.NewWriterLevel(nil, 4) }
	p.readers.New = func() any { return new(gzip.Reader) }
	p.zstd = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true)))
	p.unzstd = must(zstd.NewReader(nil, zstd.WithDecoderMaxMemory(uint64(max(maxRequest, 1))), zstd.WithDecoderLowmem(true)))
	return p
}

// must is for constant options, which cannot fail.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// compress compresses a body. The result is valid until release, which returns its
// buffer to the pool; without release the garbage collector takes it.
func (p *compression) compress(encoding string, body []byte) (compressed []byte, release func()) {
	out := p.buffers.Get().(*bytes.Buffer)
	out.Reset()
	switch encoding {
	case "zstd":
		compressed = p.zstd.EncodeAll(body, out.AvailableBuffer())
		return compressed, func() { p.buffers.Put(bytes.NewBuffer(compressed[:0])) }
	case "br":
		w := p.brotlis.Get().(*brotli.Writer)
		defer p.brotlis.Put(w)
		w.Reset(out)
		writeAll(w, body)
	default:
		w := p.gzips.Get().(*gzip.Writer)
		defer p.gzips.Put(w)
		w.Reset(out)
		writeAll(w, body)
	}
	return out.Bytes(), func() { p.buffers.Put(out) }
}

func writeAll(w io.WriteCloser, body []byte) {
	_, _ = w.Write(body) // into memory: it cannot fail
	_ = w.Close()
}

var (
	errUnknownEncoding = errors.New("unknown content encoding")
	errTooLarge        = errors.New("too large when decompressed")
)

// decompress decompresses a request's body up to maxRequest bytes: a few bytes can
// expand to gigabytes.
func (p *compression) decompress(encoding string, body []byte) ([]byte, error) {
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

func (p *compression) gunzip(body []byte) ([]byte, error) {
	r := p.readers.Get().(*gzip.Reader)
	defer p.readers.Put(r)
	if err := r.Reset(bytes.NewReader(body)); err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, p.maxRequest+1))
	if err == nil && int64(len(out)) > p.maxRequest {
		err = errTooLarge
	}
	return out, err
}

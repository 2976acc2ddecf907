package page

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"strconv"
	"strings"

	andybalholm "github.com/andybalholm/brotli"
)

// The content codings of a file, by their names in Accept-Encoding.
const (
	brotli   = "br"
	gzip     = "gzip"
	identity = "identity"
)

// Suffixes end the names of files that a build has compressed, by content coding.
var Suffixes = map[string]string{brotli: ".br", gzip: ".gz"}

// negotiate chooses a coding by the values of Accept-Encoding: the one with the
// highest weight, of equal ones the smallest. A request without the header, or one
// that accepts nothing of ours, gets the content as it is.
func (f *File) negotiate(values []string) string {
	weights := weightsOf(values)
	best, highest := identity, 0.0
	for _, coding := range []string{brotli, gzip} {
		if f.bodies[coding] == nil {
			continue
		}
		weight, listed := weights[coding]
		if !listed {
			weight = weights["*"]
		}
		if weight > highest {
			best, highest = coding, weight
		}
	}
	return best
}

// weightsOf reads Accept-Encoding. A weight that is not a number counts as 0.
func weightsOf(values []string) map[string]float64 {
	weights := map[string]float64{}
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		weight := 1.0
		if q, weighed := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); weighed {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	return weights
}

// compressBrotli uses the quality that suits content which is compressed while its
// first reader waits; a build uses the best.
func compressBrotli(content []byte) []byte {
	var out bytes.Buffer
	w := andybalholm.NewWriterLevel(&out, 5)
	// Writing to memory does not fail.
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}

func compressGzip(content []byte) []byte {
	var out bytes.Buffer
	w := stdgzip.NewWriter(&out)
	// Writing to memory does not fail.
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}

func expand(coding string, form []byte) ([]byte, error) {
	r, err := reader(coding, form)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// begins reads one byte, which is cheap enough for the start of a program.
func begins(coding string, form []byte) error {
	r, err := reader(coding, form)
	if err == nil {
		_, err = io.ReadFull(r, make([]byte, 1))
	}
	return err
}

func reader(coding string, form []byte) (io.Reader, error) {
	if coding == brotli {
		return andybalholm.NewReader(bytes.NewReader(form)), nil
	}
	return stdgzip.NewReader(bytes.NewReader(form))
}

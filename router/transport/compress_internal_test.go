package transport

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkPacking is of an answer like a page of products.
func BenchmarkPacking(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var body bytes.Buffer
	for i := range 100 {
		fmt.Fprintf(&body, `{"id":"var_01J%020X","title":"Mug number %d","price":{"amount":"%d.%02d","currencyCode":"USD"},"available":%v},`,
			random.Uint64(), i, random.IntN(90), random.IntN(100), i%3 == 0)
	}
	p := newCompression(1 << 20)
	for _, encoding := range answerEncodings {
		b.Run(encoding, func(b *testing.B) {
			b.SetBytes(int64(body.Len()))
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				packed, release := p.compress(encoding, body.Bytes())
				size = len(packed)
				release()
			}
			b.ReportMetric(float64(size)/float64(body.Len()), "ratio")
		})
	}
}

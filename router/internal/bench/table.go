package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// figures are what one request took, and how many there were.
type figures struct {
	bytes       int // of the answer
	processor   time.Duration
	allocations float64
	allocated   float64 // bytes
	fetches     float64
	perSecond   float64
	half, slow  time.Duration // half of the answers, and 99 of 100, came within
	resident    float64       // bytes
}

// better is the round that needed less of the processor.
func (f figures) better(other figures) figures {
	other.bytes = f.bytes
	if f.processor == 0 || other.processor < f.processor {
		return other
	}
	return f
}

func printTable(operation string, routers []*router, best []figures) {
	fmt.Printf("\n%s, %d bytes answered\n", operation, best[0].bytes)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "\tcpu µs\tratio\tallocs\tKB alloc\tfetches\treq/s\tp50 ms\tp99 ms\tRSS MB\t")
	base := best[len(best)-1].processor
	for i, f := range best {
		_, _ = fmt.Fprintf(table, "%s\t%.1f\t%.2f\t%.0f\t%.1f\t%.2f\t%.0f\t%.1f\t%.1f\t%.0f\t\n", routers[i].name,
			float64(f.processor)/1e3, float64(f.processor)/float64(base), f.allocations, f.allocated/1e3, f.fetches,
			f.perSecond, milliseconds(f.half), milliseconds(f.slow), f.resident/1e6)
	}
	_ = table.Flush()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

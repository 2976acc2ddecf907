package app

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// reportEvery is how often progress is reported where there is no bar.
const reportEvery = 5 * time.Second

// counter shows how many products are done: by a bar on a terminal, else by a line now
// and then.
type counter struct {
	out      io.Writer
	bar      *progressbar.ProgressBar // nil without a terminal
	done     int64
	reported time.Time
}

// newCounter counts up to total; -1 if that is unknown.
func newCounter(out io.Writer, total int64) *counter {
	c := &counter{out: out, reported: time.Now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("products"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return c
}

func (c *counter) add(n int64) {
	c.done += n
	if c.bar != nil {
		_ = c.bar.Add64(n) // a terminal that cannot be written to shows nothing
		return
	}
	if now := time.Now(); now.Sub(c.reported) >= reportEvery {
		c.reported = now
		_, _ = fmt.Fprintf(c.out, "%d products\n", c.done)
	}
}

// println writes a line beside the bar.
func (c *counter) println(line string) {
	if c.bar != nil {
		_ = c.bar.Clear()
	}
	_, _ = fmt.Fprintln(c.out, line)
}

// end removes the bar and reports the count.
func (c *counter) end() {
	if c.bar != nil {
		_ = c.bar.Finish()
	}
	_, _ = fmt.Fprintf(c.out, "%d products\n", c.done)
}

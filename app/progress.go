package app

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Steps of a start, in the order in which they end.
const (
	postgresStep   = "Postgres"
	migrationsStep = "migrations"
	demoStep       = "demo"
)

// progress prints a line for each step of a start, when the last of its parts
// has ended, with the time since the first part began. A nil progress prints
// nothing.
type progress struct {
	out   io.Writer
	mu    sync.Mutex
	steps map[string]*step
}

type step struct {
	parts int // that have not ended
	began time.Time
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, steps: map[string]*step{}}
}

// expect sets how many parts a step has.
func (p *progress) expect(name string, parts int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps[name] = &step{parts: parts}
}

// run runs one part of a step that is expected.
func (p *progress) run(name string, part func() error) error {
	if p == nil {
		return part()
	}
	p.mu.Lock()
	s := p.steps[name]
	if s.began.IsZero() {
		s.began = time.Now()
	}
	p.mu.Unlock()
	if err := part(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.parts--; s.parts == 0 {
		_, _ = fmt.Fprintf(p.out, "  %-12s %.1f s\n", name, time.Since(s.began).Seconds())
	}
	return nil
}

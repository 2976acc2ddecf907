package upstream

import (
	"context"
	"net"
	"sync"
	"time"
)

// pool keeps connections to one address for their next use. The address is
// looked up at every dialling, so one that moves is followed.
type pool struct {
	address string
	dialer  net.Dialer
	most    int

	mu     sync.Mutex
	kept   []*conn // longest unused first
	sweeps bool    // a sweep is due
	closed bool
}

func newPool(address string, most int) *pool { return &pool{address: address, most: most} }

// conn is a connection that may be used again.
type conn struct {
	net.Conn
	pulse  pulse
	reused bool
	since  time.Time // when it was last put back
}

// abort ends what is being read or written.
func (c *conn) abort() { _ = c.SetDeadline(time.Unix(1, 0)) }

// get is a connection with its deadline set: the one used last that still
// lives, or a new one.
func (p *pool) get(ctx context.Context, deadline time.Time, fresh bool) (*conn, error) {
	for !fresh {
		c := p.pop()
		if c == nil {
			break
		}
		// The deadline of its last use may have passed, and would hide the pulse.
		if err := c.SetDeadline(deadline); err == nil && c.pulse.quiet() {
			return c, nil
		}
		_ = c.Close()
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	dialled, err := p.dialer.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: dialled, pulse: pulseOf(dialled)}
	if err := c.SetDeadline(deadline); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.kept) - 1
	if last < 0 {
		return nil
	}
	c := p.kept[last]
	p.kept[last] = nil
	p.kept = p.kept[:last]
	return c
}

func (p *pool) put(c *conn) {
	c.reused, c.since = true, time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.kept) >= p.most {
		_ = c.Close()
		return
	}
	p.kept = append(p.kept, c)
	if !p.sweeps {
		p.sweeps = true
		time.AfterFunc(keep, p.sweep)
	}
}

// sweep closes what was not used for long.
func (p *pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := 0
	for old < len(p.kept) && time.Since(p.kept[old].since) >= keep {
		_ = p.kept[old].Close()
		old++
	}
	p.kept = append(p.kept[:0], p.kept[old:]...)
	clear(p.kept[len(p.kept):cap(p.kept)])
	if p.sweeps = len(p.kept) > 0; p.sweeps {
		time.AfterFunc(keep-time.Since(p.kept[0].since), p.sweep)
	}
}

func (p *pool) idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.kept)
}

// close closes what is kept; what is in use is closed when it comes back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.kept {
		_ = c.Close()
	}
	p.kept = nil
}

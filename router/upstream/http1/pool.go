package http1

import (
	"context"
	"net"
	"sync"
	"time"
)

// pool keeps idle connections to one address, the last used on top: under low
// load the same few are reused and the others reach their idle timeout. The
// host name is resolved for each new connection, so that a change of DNS takes
// effect.
type pool struct {
	address     string
	dialer      net.Dialer
	maxIdle     int
	idleTimeout time.Duration

	mu        sync.Mutex
	conns     []*conn // idle since longest first; each is owned by the pool alone
	scheduled bool    // a timer for expire is running; true whenever conns is not empty
	closed    bool
}

func newPool(address string, maxIdle int, idleTimeout time.Duration) *pool {
	return &pool{address: address, maxIdle: maxIdle, idleTimeout: idleTimeout}
}

// conn is a connection of the pool. At any time it belongs either to the pool
// or to one exchange.
type conn struct {
	net.Conn
	liveness  liveness
	reused    bool
	idleSince time.Time
}

// abort makes pending and future reads and writes fail, from any goroutine: a
// deadline in the past, and not Close, because the exchange still owns the
// connection and its file descriptor.
func (c *conn) abort() { _ = c.SetDeadline(time.Unix(1, 0)) }

// get returns a connection with its deadline set: the most recently used one
// that the server has not closed, or a new one.
func (p *pool) get(ctx context.Context, deadline time.Time, newConn bool) (*conn, error) {
	for !newConn {
		c := p.pop()
		if c == nil {
			break
		}
		// The deadline comes first: that of the last request may have passed, and
		// the liveness check, a read, would report it in place of the state of the
		// connection.
		if err := c.SetDeadline(deadline); err == nil && c.liveness.idle() {
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
	c := &conn{Conn: dialled, liveness: newLiveness(dialled)}
	if err := c.SetDeadline(deadline); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.conns) - 1
	if last < 0 {
		return nil
	}
	c := p.conns[last]
	p.conns[last] = nil
	p.conns = p.conns[:last]
	return c
}

func (p *pool) put(c *conn) {
	c.reused, c.idleSince = true, time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) >= p.maxIdle {
		_ = c.Close()
		return
	}
	p.conns = append(p.conns, c)
	if !p.scheduled {
		p.scheduled = true
		time.AfterFunc(p.idleTimeout, p.expire)
	}
}

// expire closes the connections that have been idle for the timeout, and
// schedules itself for the next one. One timer serves the whole pool.
func (p *pool) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := 0
	for old < len(p.conns) && time.Since(p.conns[old].idleSince) >= p.idleTimeout {
		_ = p.conns[old].Close()
		old++
	}
	p.conns = append(p.conns[:0], p.conns[old:]...)
	clear(p.conns[len(p.conns):cap(p.conns)])
	if p.scheduled = len(p.conns) > 0; p.scheduled {
		time.AfterFunc(p.idleTimeout-time.Since(p.conns[0].idleSince), p.expire)
	}
}

func (p *pool) idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// close closes the idle connections, and makes put close those in use.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

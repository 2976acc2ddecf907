package server

import (
	"errors"
	"net"
	"sync"
	"time"
)

// limitConnections bounds the open connections that l accepts: those of one
// address, and all together; 0 is no bound. One above a bound is answered with 503
// and closed before anything of it is read.
func limitConnections(l net.Listener, perAddress, total int) net.Listener {
	return &limitedListener{Listener: l, perAddress: perAddress, total: total, open: map[string]int{}}
}

type limitedListener struct {
	net.Listener
	perAddress, total int

	mu   sync.Mutex
	all  int
	open map[string]int // by address; one without connections has no entry
}

// refusal is sent as HTTP/1.1; a client of another protocol reads that the
// connection is closed.
var refusal = []byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")

// Accept returns the next connection within the bounds.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(conn)
		if l.enter(address) {
			return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { l.leave(address) })}, nil
		}
		// The buffers of a new connection are empty, so this does not wait.
		_ = conn.SetWriteDeadline(time.Now().Add(time.Millisecond))
		_, err = conn.Write(refusal)
		_ = errors.Join(err, conn.Close()) // the peer may be gone
	}
}

func addressOf(conn net.Conn) string {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return conn.RemoteAddr().String()
}

func (l *limitedListener) enter(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total > 0 && l.all >= l.total || l.perAddress > 0 && l.open[address] >= l.perAddress {
		return false
	}
	l.all++
	l.open[address]++
	return true
}

func (l *limitedListener) leave(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[address]--; l.open[address] == 0 {
		delete(l.open, address)
	}
}

type limitedConn struct {
	net.Conn
	leave func()
}

// Close may be called several times.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

package pg

import (
	"net"
	"strconv"
	"time"
)

// A machine that loses its power or its network sends nothing that ends its
// connections. Postgres keeps such a session for two hours by default, and with it
// the locks of a relay and of a replica's name; a client waits a quarter of an hour
// for the answer of a server that has vanished. Both ends give up after vanished.
const (
	keepAliveIdle     = 10 * time.Second
	keepAliveInterval = 5 * time.Second
	keepAliveCount    = 3
	vanished          = keepAliveIdle + keepAliveCount*keepAliveInterval
)

func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount},
		ControlContext:  limitUnacknowledged,
	}
}

// serverKeepAlive are the settings of a session for the other end.
func serverKeepAlive() map[string]string {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	return map[string]string{
		"tcp_keepalives_idle":     seconds(keepAliveIdle),
		"tcp_keepalives_interval": seconds(keepAliveInterval),
		"tcp_keepalives_count":    strconv.Itoa(keepAliveCount),
		"tcp_user_timeout":        strconv.Itoa(int(vanished / time.Millisecond)),
	}
}

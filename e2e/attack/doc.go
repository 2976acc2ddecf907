// Package attack opens what a hostile client would open against a running system:
// real sockets of one loopback address, bounded in number and in time. Meanwhile a
// customer at another address must be served within a second.
package attack

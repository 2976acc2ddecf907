// Package crashpoint ends the process at a named point of a purchase, as a power
// failure between two steps does. It does nothing unless the program is built with
// the tag crashpoints: a test of e2e/chaos builds it so.
package crashpoint

// Package chaos runs the built binary as a deployment does, two processes for each
// role, and breaks it while customers buy: processes are killed and paused, Postgres
// and Kafka stop, links are cut or fall silent, the disk is full. When the faults
// have ended, what every customer was shown must be true, and `cartograph check` must
// find nothing.
//
// A seed decides which faults come when, and what each customer does; the same seed
// gives the same schedule. It is printed, and CHAOS_SEED sets it. The tests run only
// when CHAOS is set, as `make chaos` and `make soak` do.
package chaos

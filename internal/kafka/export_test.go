package kafka

import "time"

// CommitEvery sets the time between two commits.
func (c Consumer) CommitEvery(d time.Duration) Consumer {
	c.commitEvery = d
	return c
}

package limiter

import "slices"

// line holds those that wait, by key. The keys take turns: whoever comes alone is next
// after at most one of every other key. It is not safe for concurrent use.
type line struct {
	waiting int
	queues  map[string][]chan struct{} // no empty queue is kept
	turns   []string                   // the keys of queues, the next one first
}

func newLine() line { return line{queues: map[string][]chan struct{}{}} }

// join adds one with a key. Its channel is closed when it is admitted.
func (l *line) join(key string) (admitted chan struct{}) {
	admitted = make(chan struct{})
	queue := l.queues[key]
	if len(queue) == 0 {
		l.turns = append(l.turns, key)
	}
	l.queues[key] = append(queue, admitted)
	l.waiting++
	return admitted
}

// leave removes one, unless it was admitted meanwhile.
func (l *line) leave(key string, admitted chan struct{}) bool {
	at := slices.Index(l.queues[key], admitted)
	if at < 0 {
		return false
	}
	l.waiting--
	l.set(key, slices.Delete(l.queues[key], at, at+1))
	return true
}

// next admits the first of the key whose turn it is, if any waits. The key gets in line
// behind the others.
func (l *line) next() bool {
	if len(l.turns) == 0 {
		return false
	}
	key := l.turns[0]
	queue := l.queues[key]
	close(queue[0])
	l.waiting--
	l.turns = append(l.turns[1:], key)
	l.set(key, queue[1:])
	return true
}

// ahead is how many are admitted before one that joins now.
func (l *line) ahead(key string) int {
	own := len(l.queues[key])
	n := own
	for other, queue := range l.queues {
		if other != key {
			n += min(len(queue), own+1)
		}
	}
	return n
}

func (l *line) set(key string, queue []chan struct{}) {
	if len(queue) > 0 {
		l.queues[key] = queue
		return
	}
	delete(l.queues, key)
	l.turns = slices.DeleteFunc(l.turns, func(k string) bool { return k == key })
}

package mail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var errUnknown = errors.New("no such mail")

// envelope has the addresses of the SMTP dialogue; headers may differ.
type envelope struct {
	From       string    `json:"from"`
	To         []string  `json:"to"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// envelopeHeader is the first line of every file, so that the file is a valid
// mail for any mail program.
const envelopeHeader = "X-Inbox-Envelope: "

// store keeps mails in a folder, and their summaries in memory.
type store struct {
	dir string

	mu    sync.Mutex
	next  int
	mails []Mail // oldest first; without bodies
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := &store{dir: dir, next: 1}
	for _, e := range entries { // sorted by name, which is by age
		id, ok := strings.CutSuffix(e.Name(), ".eml")
		number, err := strconv.Atoi(id)
		if !ok || err != nil {
			continue
		}
		s.next = max(s.next, number+1)
		m, _, err := s.read(id)
		if err != nil {
			continue // not written by a store: left as it is
		}
		s.mails = append(s.mails, m.summary())
	}
	return s, s.prune()
}

// add stores a mail, unless one with its Message-ID is stored.
func (s *store) add(env envelope, raw []byte) error {
	m := parse(env, raw)
	head, err := json.Marshal(env)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.MessageID != "" && slices.ContainsFunc(s.mails, func(k Mail) bool { return k.MessageID == m.MessageID }) {
		return nil
	}
	m.ID = fmt.Sprintf("%08d", s.next)
	file := slices.Concat([]byte(envelopeHeader), head, []byte("\r\n"), raw)
	tmp := filepath.Join(s.dir, "."+m.ID)
	if err := os.WriteFile(tmp, file, 0o600); err != nil {
		return err
	}
	if err := os.Rename(tmp, s.path(m.ID)); err != nil {
		return err
	}
	s.next++
	s.mails = append(s.mails, m.summary())
	return s.prune()
}

// waitForWrite returns when no mail is being written.
func (s *store) waitForWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

// prune deletes the oldest mails beyond Kept.
func (s *store) prune() error {
	for len(s.mails) > Kept {
		if err := os.Remove(s.path(s.mails[0].ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		s.mails = slices.Delete(s.mails, 0, 1)
	}
	return nil
}

// summaries returns the mails to an address, newest first, without bodies.
func (s *store) summaries(to string, limit int) []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []Mail{}
	for _, m := range slices.Backward(s.mails) {
		if limit > 0 && len(found) == limit {
			break
		}
		if m.isTo(to) {
			found = append(found, m)
		}
	}
	return found
}

// list returns the same mails with bodies.
func (s *store) list(to string, limit int) ([]Mail, error) {
	found := s.summaries(to, limit)
	whole := found[:0]
	for _, m := range found {
		m, _, err := s.read(m.ID)
		if errors.Is(err, errUnknown) {
			continue // pruned meanwhile
		}
		if err != nil {
			return nil, err
		}
		whole = append(whole, m)
	}
	return whole, nil
}

var idForm = regexp.MustCompile(`^[0-9]{8,12}$`)

// read returns a mail and the bytes that were sent.
func (s *store) read(id string) (Mail, []byte, error) {
	if !idForm.MatchString(id) {
		return Mail{}, nil, errUnknown
	}
	file, err := os.ReadFile(s.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Mail{}, nil, errUnknown
	}
	if err != nil {
		return Mail{}, nil, err
	}
	head, raw, _ := bytes.Cut(file, []byte("\r\n"))
	head, ok := bytes.CutPrefix(head, []byte(envelopeHeader))
	var env envelope
	if !ok {
		return Mail{}, nil, errUnknown
	}
	if err := json.Unmarshal(head, &env); err != nil {
		return Mail{}, nil, fmt.Errorf("envelope of mail %s: %w", id, err)
	}
	m := parse(env, raw)
	m.ID = id
	return m, raw, nil
}

func (s *store) path(id string) string { return filepath.Join(s.dir, id+".eml") }

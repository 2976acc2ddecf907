//go:build linux

package chaos

import (
	"io"
	"net"
	"net/mail"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// mailbox is a mail server that counts what arrives.
type mailbox struct {
	mu    sync.Mutex
	mails []sent
}

// sent is a mail as it arrived, also one that arrived before.
type sent struct{ to, subject, id string }

// startMailbox returns the mailbox and its address.
func startMailbox(t *testing.T) (*mailbox, string) {
	t.Helper()
	m, l := &mailbox{}, listen(t)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }))
	server.Domain = "localhost"
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with the listener
	t.Cleanup(func() {
		_ = l.Close()
		_ = server.Close()
		serving.Wait()
	})
	return m, address(l)
}

func address(l net.Listener) string { return l.Addr().String() }

// about are the Message-IDs of mails with the subject, one for each arrival.
func (m *mailbox) about(matches func(sent) bool) (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.mails {
		if matches(s) {
			ids = append(ids, s.id)
		}
	}
	return ids
}

// delivery is one SMTP connection.
type delivery struct {
	box *mailbox
	to  string
}

func (*delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.mails = append(d.box.mails, sent{to: d.to, subject: message.Header.Get("Subject"), id: message.Header.Get("Message-Id")})
	return nil
}

func (*delivery) Reset()        {}
func (*delivery) Logout() error { return nil }

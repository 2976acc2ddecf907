// Package mail is a mail server for development: it stores what it receives and
// shows it on a page.
//
// It accepts mail for any recipient by SMTP and forwards none. The last 500 are
// stored in a folder, one .eml file each; duplicates by Message-ID are stored
// once. The content of mails is not trusted: pages escape it, and HTML parts are
// shown in a sandboxed frame that runs no script and loads nothing.
package mail

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// MaxBytes is the size up to which a mail is accepted.
	MaxBytes = 1 << 20
	// Kept is how many mails are stored; older ones are deleted.
	Kept = 500

	maxRecipients = 100
	idleLimit     = time.Minute
)

// Server is a running mail server.
type Server struct {
	store    *store
	smtp     *smtp.Server
	listener net.Listener
	ended    chan struct{}
	closing  sync.Once
}

// Start listens on addr, or on a free loopback port if it is empty, and stores
// mail in dir. A nil log disables logging.
func Start(dir, addr string, log *slog.Logger) (*Server, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	st, err := openStore(dir)
	if err != nil {
		return nil, fmt.Errorf("open the mail folder: %w", err)
	}
	l, err := net.Listen("tcp", addr) //nolint:noctx // does not block
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s := &Server{store: st, listener: l, ended: make(chan struct{})}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{store: st, log: log}, nil
	}))
	s.smtp.Domain = "localhost"
	s.smtp.MaxMessageBytes = MaxBytes
	s.smtp.MaxRecipients = maxRecipients
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = idleLimit, idleLimit
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	go func() {
		defer close(s.ended)
		if err := s.smtp.Serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
			log.Error("receive mail", "err", err)
		}
	}()
	return s, nil
}

// Addr returns the SMTP address, "127.0.0.1:port".
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Mails returns the newest mails first, at most limit of them (0: all). With
// to, only those sent to that address, or, if it has no @, to an address that
// contains it.
func (s *Server) Mails(to string, limit int) ([]Mail, error) { return s.store.list(to, limit) }

// Handler shows the inbox: the list and each mail at its root, and a JSON
// list at inbox.json. Mount it on a path that ends in a slash.
func (s *Server) Handler() http.Handler { return newPages(s.store) }

// Close disconnects clients; a mail that was not acknowledged is sent again.
func (s *Server) Close() {
	s.closing.Do(func() {
		_ = s.listener.Close() // first: the SMTP server may not have registered it yet
		_ = s.smtp.Close()
		<-s.ended
		s.store.waitForWrite()
	})
}

// session is one SMTP connection.
type session struct {
	store *store
	log   *slog.Logger
	from  string
	to    []string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or cut off; the reply has the reason
	}
	if err := s.store.add(envelope{From: s.from, To: s.to, ReceivedAt: time.Now().UTC()}, raw); err != nil {
		s.log.Error("store a mail", "err", err, "to", s.to)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be stored"}
	}
	return nil
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (*session) Logout() error { return nil }

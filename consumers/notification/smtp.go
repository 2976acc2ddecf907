package notification

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"
)

// smtp is the connection data of a mail server.
type smtp struct {
	host, user, password string
	port                 int
	implicitTLS          bool
	tls                  *tls.Config // nil trusts the system's root certificates
}

// parseSMTP parses smtp://user:password@host:port. smtps:// means implicit TLS;
// smtp:// upgrades with STARTTLS where the server offers it. Errors never quote
// the URL, which may contain a password.
func parseSMTP(address string) (smtp, error) {
	u, err := url.Parse(address)
	if err != nil {
		return smtp{}, errors.New("invalid URL") // the cause may quote a password
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return smtp{}, errors.New("expected smtp://host:port or smtps://host:port")
	}
	s := smtp{host: u.Hostname(), user: u.User.Username(), implicitTLS: u.Scheme == "smtps"}
	s.password, _ = u.User.Password()
	defaultPort := "25"
	if s.implicitTLS {
		defaultPort = "465"
	}
	if s.port, err = strconv.Atoi(cmp.Or(u.Port(), defaultPort)); err != nil || s.port < 1 || s.port > 65_535 {
		return smtp{}, errors.New("invalid port")
	}
	return s, nil
}

func (s smtp) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithTimeout(sendTimeout), gomail.WithTLSPolicy(gomail.TLSOpportunistic)}
	if s.implicitTLS {
		options = append(options, gomail.WithSSL())
	}
	if s.tls != nil {
		options = append(options, gomail.WithTLSConfig(s.tls))
	}
	if s.user != "" { // auto-discovery offers PLAIN and LOGIN only over TLS, so the password is never sent in the clear
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	client, err := gomail.NewClient(s.host, append(options, gomail.WithPort(s.port))...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", net.JoinHostPort(s.host, strconv.Itoa(s.port)), err)
	}
	return client, nil
}

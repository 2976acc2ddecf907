package notification

import (
	"crypto/tls"
	"crypto/x509"
)

// Trust sets the root certificates for the connection to the mail server.
func (w *Worker) Trust(roots *x509.CertPool) {
	w.smtp.tls = &tls.Config{RootCAs: roots, ServerName: w.smtp.host, MinVersion: tls.VersionTLS12}
}

package notification

import (
	"crypto/tls"
	"crypto/x509"
)

// Trust makes w trust mail servers whose certificate roots vouches for.
func (w *Worker) Trust(roots *x509.CertPool) {
	w.smtp.tls = &tls.Config{RootCAs: roots, ServerName: w.smtp.host, MinVersion: tls.VersionTLS12}
}

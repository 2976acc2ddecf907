package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// parcel is a package as the registry serves it.
func parcel(t *testing.T, files map[string]string) (tgz []byte, sum string) {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for name, content := range files {
		mode := int64(0o644)
		if strings.Contains(name, "/bin/") {
			mode = 0o755
		}
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	h := sha512.Sum512(b.Bytes())
	return b.Bytes(), base64.StdEncoding.EncodeToString(h[:])
}

func serve(t *testing.T, tgz []byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(tgz) }))
	t.Cleanup(s.Close)
	return s.URL
}

func TestPackageIsInstalledWithItsLinks(t *testing.T) {
	t.Parallel()
	tgz, sum := parcel(t, map[string]string{
		"package/native/bin/postgres":      "#!/bin/sh\n",
		"package/native/lib/libpq.so.5.17": "library",
		"package/native/pg-symlinks.json":  `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`,
	})
	home := filepath.Join(t.TempDir(), "cache", "postgres")
	url := serve(t, tgz)
	for range 2 { // the second finds the first one's work in its way
		if err := install(t.Context(), url, sum, home); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(home, "native/lib/libpq.so.5")); err != nil || string(b) != "library" {
		t.Errorf("the link leads to %q, %v", b, err)
	}
	if st, err := os.Stat(filepath.Join(home, "native/bin/postgres")); err != nil || st.Mode()&0o111 == 0 {
		t.Errorf("postgres cannot be executed: %v, %v", st, err)
	}
	left, err := os.ReadDir(filepath.Dir(home))
	if err != nil || len(left) != 1 {
		t.Errorf("besides the package there is %v, %v", left, err)
	}
}

func TestAPackageWithAnotherChecksumIsRefused(t *testing.T) {
	t.Parallel()
	good, sum := parcel(t, map[string]string{"package/native/bin/postgres": "good"})
	evil, _ := parcel(t, map[string]string{"package/native/bin/postgres": "evil"})
	outside, outsideSum := parcel(t, map[string]string{"../../outside": "evil"})
	link, linkSum := parcel(t, map[string]string{"package/native/pg-symlinks.json": `[{"source":"../../etc/passwd","target":"x"}]`})
	for name, tc := range map[string]struct {
		tgz       []byte
		sum, want string
	}{
		"other content":      {evil, sum, "SHA-512"},
		"cut short":          {good[:len(good)/2], sum, "SHA-512"},
		"a path outside":     {outside, outsideSum, "escapes"},
		"a link outside":     {link, linkSum, "leaves the package"},
		"not even a package": {[]byte("<html>"), sum, "SHA-512"},
	} {
		home := filepath.Join(t.TempDir(), "cache", "postgres")
		err := install(t.Context(), serve(t, tc.tgz), tc.sum, home)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, tc.want)
		}
		if left, _ := os.ReadDir(filepath.Dir(home)); len(left) != 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
}

func TestRegistryWithoutThePackage(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	err := install(t.Context(), s.URL, "", filepath.Join(t.TempDir(), "postgres"))
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error %v, want the registry's answer", err)
	}
}

func TestEveryPinnedSumIsASHA512(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"} {
		b, err := base64.StdEncoding.DecodeString(integrity(p))
		if err != nil || len(b) != sha512.Size {
			t.Errorf("%s: %d bytes, %v; want %d", p, len(b), err, sha512.Size)
		}
	}
	if integrity("plan9-arm") != "" {
		t.Error("an unknown platform has a package")
	}
}

package app

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// version is set by the linker: -X cartograph/app.version=v1.2.3. Without it
// the version is the one that the go command recorded in the binary.
var version string

// build identifies this binary. Parts that are not recorded are "unknown".
type build struct{ version, revision, time string }

func currentBuild() build {
	const unknown = "unknown"
	b := build{version, unknown, unknown}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.version == "" {
		b.version = info.Main.Version
	}
	if b.version == "" {
		b.version = unknown
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.revision = s.Value
		case "vcs.time":
			b.time = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified {
		b.revision += "-modified"
	}
	return b
}

// printVersion writes the version and what it was built from.
func printVersion(w io.Writer) error {
	b := currentBuild()
	_, err := fmt.Fprintf(w, "cartograph %s\n  revision  %s\n  committed %s\n  built by  %s for %s/%s\n",
		b.version, b.revision, b.time, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

var buildInfo = promauto.NewGaugeVec(prometheus.GaugeOpts{
	Name: "cartograph_build_info",
	Help: "1, with the version and revision of the running program.",
}, []string{"version", "revision"})

func observeBuild() {
	b := currentBuild()
	buildInfo.WithLabelValues(b.version, b.revision).Set(1)
}

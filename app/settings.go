package app

import (
	"io"

	"cartograph/internal/settings"
)

// PrintConfig writes every setting with its effective value, secrets masked,
// in the form of an environment file.
func PrintConfig(w io.Writer, cfg Config) error { return settings.WriteEnvironment(w, cfg) }

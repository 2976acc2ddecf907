package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"cartograph/internal/settings"
	"cartograph/router/serve"
)

// standalone are the flags of a router that serves any supergraph and needs no
// other role.
type standalone struct {
	source serve.Source
	check  bool
}

func (s *standalone) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.source.Listen, "listen", "", "")
	flags.StringVar(&s.source.Supergraph, "supergraph", "", "")
	flags.StringVar(&s.source.File, "config", "", "")
	flags.BoolVar(&s.check, "check", false, "")
	flags.Func("override-url", "", func(text string) error {
		if name, url, ok := strings.Cut(text, "="); !ok || name == "" || url == "" {
			return errors.New("expected NAME=URL")
		}
		s.source.OverrideURLs = append(s.source.OverrideURLs, text)
		return nil
	})
}

// given reports whether any of the flags is set.
func (s *standalone) given() bool {
	return s.source.Supergraph != "" || s.source.File != "" || s.source.OverrideURLs != nil || s.check
}

func (s *standalone) run(ctx context.Context, words []string, stdout, stderr io.Writer) error {
	switch {
	case slices.Equal(words, []string{"config"}):
		return s.print(stdout)
	case !slices.Equal(words, []string{routerRole}):
		return fmt.Errorf("--supergraph, --override-url, --config and --check are for the router on its own: cartograph %s --supergraph FILE", routerRole)
	}
	var c struct {
		Log LogConfig `envPrefix:"LOG_"`
	}
	if err := settings.FromEnvironment(&c); err != nil {
		return err
	}
	log, err := newLogger(stderr, c.Log)
	if err != nil {
		return err
	}
	warnOfUnknown(ctx, &struct {
		Log    LogConfig      `envPrefix:"LOG_"`
		Router serve.Settings `envPrefix:"ROUTER_"`
	}{}, log)
	if s.check {
		return s.source.Check(ctx, stdout, log)
	}
	limitMemory(ctx, memlimit.FromCgroup, memoryShare, log)
	return serve.Run(ctx, s.source, stdout, log)
}

// print writes the effective configuration.
func (s *standalone) print(w io.Writer) error {
	all, err := s.source.Load()
	if err != nil {
		return err
	}
	return settings.WriteYAML(w, all)
}

package serve

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"

	"cartograph/internal/auth"
	"cartograph/router"
)

// build builds a router from the files that the settings name.
func (p *Resources) build(ctx context.Context, s *Settings) (*router.Router, error) {
	sdl, err := os.ReadFile(s.Supergraph)
	if err != nil {
		return nil, fmt.Errorf("read supergraph: %w", err)
	}
	config := s.Config(string(sdl))
	p.Configure(&config)
	if config.Identify, err = s.identify(p.log); err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	// Without authentication every field is open, so plans reveal nothing more.
	config.Explain = config.Explain || config.Identify == nil
	if s.InternalSecret != "" {
		if config.Internal, err = auth.NewInternal(s.InternalSecret); err != nil {
			return nil, fmt.Errorf("internal_secret: %w", err)
		}
	}
	r, err := router.New(ctx, config, p.log)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Supergraph, err)
	}
	return r, nil
}

// identify is nil without issuers and keys: every caller is then anonymous, and
// every field is open.
func (s *Settings) identify(log *slog.Logger) (router.Identify, error) {
	if len(s.Issuers)+len(s.APIKeys) == 0 {
		return nil, nil //nolint:nilnil // no authentication
	}
	o := router.IdentityOptions{CountryHeader: s.CountryHeader}
	for _, i := range s.Issuers {
		o.Issuers = append(o.Issuers, router.Issuer(i))
	}
	var fixed []router.APIKey
	for _, k := range s.APIKeys {
		k.Name = cmp.Or(k.Name, k.ID)
		fixed = append(fixed, router.APIKey(k))
	}
	var err error
	if o.Keys, err = router.NewAPIKeys(router.APIKeyOptions{Fixed: fixed}); err != nil {
		return nil, err
	}
	identity, err := router.NewIdentity(o, log)
	if err != nil {
		return nil, err
	}
	return identity.Identify, nil
}

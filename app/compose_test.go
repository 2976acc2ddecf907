package app

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// composeFile is the part of docker-compose.yml that the tests compare.
type composeFile struct {
	Services map[string]composeService `yaml:"services"`
}

type composeService struct {
	Image       string            `yaml:"image"`
	Build       *composeBuild     `yaml:"build"`
	PullPolicy  string            `yaml:"pull_policy"`
	Restart     string            `yaml:"restart"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

type composeBuild struct {
	Context string            `yaml:"context"`
	Args    map[string]string `yaml:"args"`
}

// interpolation is ${NAME}, ${NAME:-default} or ${NAME:?message}.
var interpolation = regexp.MustCompile(`\$\{([A-Z_]+)(?::([?-])([^}]*))?\}`)

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var file composeFile
	if err := yaml.Unmarshal([]byte(read(t, "../docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestComposeRunsEveryRoleWithAConfigurationThatItAccepts checks each role's
// environment as the program does, with secrets of its own.
func TestComposeRunsEveryRoleWithAConfigurationThatItAccepts(t *testing.T) {
	t.Parallel()
	file, known := readCompose(t), variables()
	builds := 0
	for _, r := range roles() {
		s, found := file.Services[r.name]
		if !found || !slices.Equal(s.Command, []string{r.name}) {
			t.Errorf("service %s runs %q, want the role", r.name, s.Command)
			continue
		}
		if s.Image != "cartograph" || s.Restart != "unless-stopped" {
			t.Errorf("%s has image %q and restart %q", r.name, s.Image, s.Restart)
		}
		if s.Build != nil {
			builds++
			if s.Build.Context != "." || s.Build.Args["VERSION"] != "${VERSION:-}" {
				t.Errorf("%s builds %+v, want this folder, with the version of the environment", r.name, s.Build)
			}
		} else if s.PullPolicy != "never" {
			t.Errorf("%s pulls the image that is built here: %q, want never", r.name, s.PullPolicy)
		}
		if want := []string{"CMD", "/cartograph", "health", r.name}; !slices.Equal(s.Healthcheck.Test, want) {
			t.Errorf("%s is checked by %q, want %q", r.name, s.Healthcheck.Test, want)
		}
		var given []string
		for name, value := range s.Environment {
			if !slices.Contains(known, name) {
				t.Errorf("%s sets %s, which is no setting", r.name, name)
			}
			value = interpolation.ReplaceAllStringFunc(value, func(text string) string {
				match := interpolation.FindStringSubmatch(text)
				if match[2] == "-" {
					return match[3]
				}
				return strings.Repeat("5", 64)
			})
			given = append(given, name+"="+value)
		}
		cfg, err := configFrom(environment(given...))
		if err == nil {
			err = errors.Join(cfg.checkFor([]role{r}), cfg.checkSecrets([]role{r}))
		}
		if err != nil {
			t.Errorf("%s refuses its configuration: %v", r.name, err)
		}
		if cfg.Instance != "" {
			t.Errorf("%s is always INSTANCE %q: its replicas would share the name", r.name, cfg.Instance)
		}
		if cfg.Demo {
			t.Errorf("%s fills its database with demo data by default", r.name)
		}
		if r.database != nil && *r.database.url(&cfg) == "" || r.needs&needsKafka != 0 && len(cfg.KafkaBrokers) == 0 || r.needs&needsRedis != 0 && cfg.RedisURL == "" {
			t.Errorf("%s lacks the URL of a service that it requires", r.name)
		}
	}
	if builds != 1 {
		t.Errorf("%d services build the image, want 1", builds)
	}
}

// TestComposeHasNoSecretAndNoPublicAddress: secrets are required from outside,
// and published ports are on loopback.
func TestComposeHasNoSecretAndNoPublicAddress(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`SECRET|API_KEY|PASSWORD`)
	password := regexp.MustCompile(`://[^:/]+:([^@]*)@`)
	for name, s := range readCompose(t).Services {
		for variable, value := range s.Environment {
			given := ""
			if secret.MatchString(variable) {
				given = value
			} else if match := password.FindStringSubmatch(value); match != nil {
				given = match[1]
			}
			if given != "" && !regexp.MustCompile(`^\$\{[A-Z_]+:\?[^}]+\}$`).MatchString(given) {
				t.Errorf("%s: %s has a secret in the file, want it required from the environment", name, variable)
			}
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s, want it on loopback", name, port)
			}
		}
		if s.Restart != "unless-stopped" {
			t.Errorf("%s does not restart", name)
		}
		for other, on := range s.DependsOn {
			if on.Condition != "service_healthy" {
				t.Errorf("%s starts when %s is %q, want service_healthy", name, other, on.Condition)
			}
		}
	}
}

// TestOnlyPaymentAndTheSimulatorHaveTheGatewaysSecrets: whoever has them moves
// money, or reports that it moved.
func TestOnlyPaymentAndTheSimulatorHaveTheGatewaysSecrets(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`GATEWAY.*(API_KEY|SECRET)`)
	for name, s := range readCompose(t).Services {
		for variable := range s.Environment {
			if secret.MatchString(variable) && !strings.HasPrefix(variable, strings.ToUpper(name)+"_") {
				t.Errorf("%s has %s", name, variable)
			}
		}
	}
}

// TestEveryImageIsPinned: a tag can be moved to another image, a digest cannot. The
// tag beside it names the version for readers; distroless images have none.
func TestEveryImageIsPinned(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^([a-z/]+:v?\d+\.\d+[a-z0-9.-]*|gcr\.io/distroless/[a-z0-9-]+:nonroot)@sha256:[0-9a-f]{64}$`)
	var images []string
	for _, s := range readCompose(t).Services {
		if s.Image != "cartograph" { // built here
			images = append(images, s.Image)
		}
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(read(t, "../Dockerfile"), -1) {
		images = append(images, from[1])
	}
	for _, image := range images {
		if !pinned.MatchString(image) {
			t.Errorf("%s is not an exact version with its digest", image)
		}
	}
	if len(images) < 7 {
		t.Errorf("found %d images, want at least 7", len(images))
	}
}

package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests are the objects of an overlay, as a cluster would get them.
type manifests struct {
	config   map[string]string // of the ConfigMap
	pods     map[string]corev1.PodTemplateSpec
	services map[string]corev1.Service
	policies []networkingv1.NetworkPolicy
	scalers  []autoscalingv2.HorizontalPodAutoscaler
	budgets  []policyv1.PodDisruptionBudget
}

// kustomized runs kustomize on a folder. Every object must have only fields that its type has.
func kustomized(t *testing.T, folder string) manifests {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../deploy/kubernetes/"+folder)
	if err != nil {
		t.Fatal(err)
	}
	m := manifests{pods: map[string]corev1.PodTemplateSpec{}, services: map[string]corev1.Service{}}
	for _, r := range built.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		switch kind := r.GetKind(); kind {
		case "ConfigMap":
			m.config = decode[corev1.ConfigMap](t, text).Data
		case "Service":
			m.services[r.GetName()] = decode[corev1.Service](t, text)
		case "Deployment":
			m.pods[r.GetName()] = decode[appsv1.Deployment](t, text).Spec.Template
		case "StatefulSet":
			m.pods[r.GetName()] = decode[appsv1.StatefulSet](t, text).Spec.Template
		case "Job":
			m.pods[r.GetName()] = decode[batchv1.Job](t, text).Spec.Template
		case "NetworkPolicy":
			m.policies = append(m.policies, decode[networkingv1.NetworkPolicy](t, text))
		case "HorizontalPodAutoscaler":
			m.scalers = append(m.scalers, decode[autoscalingv2.HorizontalPodAutoscaler](t, text))
		case "PodDisruptionBudget":
			m.budgets = append(m.budgets, decode[policyv1.PodDisruptionBudget](t, text))
		case "Ingress":
			decode[networkingv1.Ingress](t, text)
		default:
			t.Errorf("%s: no test knows the kind %s", folder, kind)
		}
	}
	return m
}

func decode[T any](t *testing.T, text []byte) (object T) {
	t.Helper()
	if err := yaml.UnmarshalStrict(text, &object); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	return object
}

// secrets are the keys of the Secrets in examples/secrets.yaml.
func exampleSecrets(t *testing.T) map[string]map[string]string {
	t.Helper()
	secrets := map[string]map[string]string{}
	for text := range strings.SplitSeq(read(t, "../deploy/kubernetes/examples/secrets.yaml"), "\n---\n") {
		s := decode[corev1.Secret](t, []byte(text))
		secrets[s.Name] = s.StringData
	}
	return secrets
}

// environmentOf is what a container gets, its secrets replaced by values that pass.
func environmentOf(t *testing.T, c *corev1.Container, config map[string]string, secrets map[string]map[string]string) []string {
	t.Helper()
	var given []string
	if len(c.EnvFrom) > 0 {
		for name, value := range config {
			given = append(given, name+"="+value)
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
			t.Errorf("%s: %s comes from no secret", c.Name, e.Name)
			continue
		}
		ref := e.ValueFrom.SecretKeyRef
		value, found := secrets[ref.Name][ref.Key]
		if !found {
			t.Errorf("%s: examples/secrets.yaml has no %s in %s", c.Name, ref.Key, ref.Name)
		}
		given = append(given, e.Name+"="+value)
	}
	return given
}

// TestKubernetesRunsEveryRoleWithAConfigurationThatItAccepts: the program itself reads
// the environment that a pod has.
func TestKubernetesRunsEveryRoleWithAConfigurationThatItAccepts(t *testing.T) {
	t.Parallel()
	secrets, known := exampleSecrets(t), variables()
	for folder, simulated := range map[string]bool{"overlays/prod": false, "overlays/dev": true} {
		m := kustomized(t, folder)
		for _, r := range roles() {
			pod, found := m.pods[r.name]
			if r.name == "gatewaysim" && !simulated {
				if found {
					t.Errorf("%s runs the gateway simulator", folder)
				}
				continue
			}
			if !found || len(pod.Spec.Containers) != 1 {
				t.Errorf("%s does not run %s", folder, r.name)
				continue
			}
			c := &pod.Spec.Containers[0]
			if links := pod.Spec.EnableServiceLinks; links == nil || *links {
				t.Errorf("%s: %s gets variables such as USER_PORT, which look like settings", folder, r.name)
			}
			if err := checkContainer(c, r); err != nil {
				t.Errorf("%s: %s: %v", folder, r.name, err)
			}
			given := environmentOf(t, c, m.config, secrets)
			for _, variable := range given {
				if name, _, _ := strings.Cut(variable, "="); !slices.Contains(known, name) {
					t.Errorf("%s: %s gets %s, which is no setting", folder, r.name, name)
				}
			}
			cfg, err := configFrom(environment(given...))
			if err == nil {
				err = errors.Join(cfg.checkFor([]role{r}), cfg.checkSecrets([]role{r}))
			}
			if err != nil {
				t.Errorf("%s: %s refuses its configuration: %v", folder, r.name, err)
			}
			if cfg.Demo != simulated || r.database != nil && *r.database.url(&cfg) == "" || hasKey(r) != (len(cfg.InternalPrivateKeys) == 1) {
				t.Errorf("%s: %s has demo %t, the database %q and %d keys", folder, r.name, cfg.Demo, r.name, len(cfg.InternalPrivateKeys))
			}
			if r.url != nil && r.name != routerRole && r.name != "gatewaysim" {
				want := fmt.Sprintf("http://%s:%d", r.name, m.services[r.name].Spec.Ports[0].Port)
				if got := *r.url(&cfg); got != want {
					t.Errorf("%s: %s is called at %s, its service is %s", folder, r.name, got, want)
				}
			}
		}
	}
}

func checkContainer(c *corev1.Container, r role) error {
	var errs []error
	if !slices.Equal(c.Args, []string{r.name}) {
		errs = append(errs, fmt.Errorf("runs %q", c.Args))
	}
	if c.Ports[0].Name != "http" || int(c.Ports[0].ContainerPort) != r.port {
		errs = append(errs, fmt.Errorf("has the port %+v, want %d", c.Ports[0], r.port))
	}
	if c.LivenessProbe.HTTPGet.Path != "/livez" || c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.StartupProbe == nil {
		errs = append(errs, errors.New("has other probes"))
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
		errs = append(errs, errors.New("has no resources"))
	}
	if s := c.SecurityContext; s == nil || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation {
		errs = append(errs, errors.New("is not confined"))
	}
	return errors.Join(errs...)
}

// TestKubernetesLetsRolesReachOnlyThoseTheyCall compares the network policies with the
// table of roles: whoever has callers takes requests, everybody else none.
func TestKubernetesLetsRolesReachOnlyThoseTheyCall(t *testing.T) {
	t.Parallel()
	m := kustomized(t, "overlays/prod")
	reached := map[string]bool{}
	denied := false
	for _, p := range m.policies {
		component := p.Spec.PodSelector.MatchLabels["app.kubernetes.io/component"]
		if component == "" {
			denied = denied || len(p.Spec.Ingress) == 0
			continue
		}
		reached[component] = true
		for _, rule := range p.Spec.Ingress {
			if len(rule.From) == 0 && component != routerRole {
				t.Errorf("everybody reaches %s", component)
			}
		}
	}
	for _, r := range roles() {
		if want := r.url != nil && r.name != "gatewaysim"; reached[r.name] != want {
			t.Errorf("%s takes requests: %t, want %t", r.name, reached[r.name], want)
		}
	}
	if !denied {
		t.Error("what no policy names is reached")
	}
	for _, b := range m.budgets {
		if _, found := m.pods[b.Name]; !found {
			t.Errorf("a disruption budget of %s, which does not run", b.Name)
		}
	}
	for _, s := range m.scalers {
		if _, found := m.pods[s.Spec.ScaleTargetRef.Name]; !found {
			t.Errorf("%s scales what does not run", s.Name)
		}
	}
}

func TestKubernetesMigratesEveryDatabase(t *testing.T) {
	t.Parallel()
	m := kustomized(t, "migrate")
	c := &m.pods["cartograph-migrate"].Spec.Containers[0]
	var want []string
	cfg, err := configFrom(environment(environmentOf(t, c, nil, exampleSecrets(t))...))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles() {
		if r.database == nil || r.name == "gatewaysim" {
			continue
		}
		want = append(want, r.name)
		if *r.database.url(&cfg) == "" {
			t.Errorf("the job has no database of %s", r.name)
		}
	}
	got := slices.Sorted(slices.Values(c.Args[1:]))
	slices.Sort(want)
	if c.Args[0] != "migrate" || !slices.Equal(got, want) {
		t.Errorf("the job runs %q, want migrate and %q", c.Args, want)
	}
}

// TestKubernetesExamplesAreYAML: their kinds are those of operators, whose schemas are
// not at hand.
func TestKubernetesExamplesAreYAML(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postgres", "kafka", "redis", "elasticsearch"} {
		decoder := yamlDecoder(read(t, "../deploy/kubernetes/examples/"+name+".yaml"))
		for {
			var object struct{ APIVersion, Kind string }
			err := decoder(&object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || object.Kind == "" || object.APIVersion == "" {
				t.Errorf("%s: %+v, %v", name, object, err)
				break
			}
		}
	}
}

// yamlDecoder returns a function that reads the next document.
func yamlDecoder(text string) func(any) error {
	documents := bytes.Split([]byte(text), []byte("\n---\n"))
	return func(into any) error {
		if len(documents) == 0 {
			return io.EOF
		}
		next := documents[0]
		documents = documents[1:]
		return yaml.Unmarshal(next, into)
	}
}

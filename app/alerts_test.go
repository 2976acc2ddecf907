package app

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"go.yaml.in/yaml/v3"

	"cartograph/deploy/grafana"
)

type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Record, Alert, Expr string
			For                 string
			Labels, Annotations map[string]string
		}
	}
}

// selected are the metrics that an expression of PromQL reads. Its functions and
// operators are checked by parsing it.
func selected(t *testing.T, expr string) []string {
	t.Helper()
	parsed, err := metricsql.Parse(expr)
	if err != nil {
		t.Errorf("%s: %v", expr, err)
		return nil
	}
	var names []string
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		if m, ok := e.(*metricsql.MetricExpr); ok {
			for _, filters := range m.LabelFilterss {
				names = append(names, filters[0].Value)
			}
		}
	})
	return names
}

// unknown are those names that are metrics neither of this program nor recorded ones.
func unknown(names, known []string) []string {
	histogram := regexp.MustCompile(`_(bucket|sum|count)$`)
	return slices.DeleteFunc(names, func(name string) bool {
		return name == "up" || strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") ||
			slices.Contains(known, name) || slices.Contains(known, histogram.ReplaceAllString(name, ""))
	})
}

func TestEveryAlertReadsMetricsThatExistAndHasASection(t *testing.T) {
	t.Parallel()
	var rules ruleFile
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "../deploy/prometheus/cartograph.rules.yaml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	known, alerts := registered(t), []string{}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if rule.Record != "" {
				known = append(known, rule.Record)
			}
		}
	}
	page := read(t, "../docs/alerts.md")
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if missing := unknown(selected(t, rule.Expr), known); len(missing) > 0 {
				t.Errorf("%s%s reads %v, which do not exist", rule.Record, rule.Alert, missing)
			}
			if rule.Alert == "" {
				continue
			}
			alerts = append(alerts, rule.Alert)
			if s := rule.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s has severity %q", rule.Alert, s)
			}
			if rule.Annotations["summary"] == "" || rule.Annotations["runbook"] != "docs/alerts.md#"+strings.ToLower(rule.Alert) {
				t.Errorf("%s has annotations %v", rule.Alert, rule.Annotations)
			}
		}
	}
	var sections []string
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(page, -1) {
		sections = append(sections, heading[1])
	}
	if !slices.Equal(alerts, sections) {
		t.Errorf("docs/alerts.md has sections %v, want one for each alert in the same order: %v", sections, alerts)
	}
	for section := range strings.SplitSeq(page, "\n## ") {
		name, text, _ := strings.Cut(section, "\n")
		if !slices.Contains(alerts, name) {
			continue
		}
		for _, part := range []string{"**Means.**", "**Look at.**", "**Do.**"} {
			if !strings.Contains(text, part) {
				t.Errorf("the section of %s lacks %q", name, part)
			}
		}
	}
}

func TestTheDashboardIsGeneratedAndReadsMetricsThatExist(t *testing.T) {
	t.Parallel()
	want, err := grafana.Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	if read(t, "../deploy/grafana/cartograph.json") != string(want) {
		t.Error("deploy/grafana/cartograph.json is not current: go generate ./deploy/grafana")
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(want, &board); err != nil {
		t.Fatal(err)
	}
	known, read := registered(t), map[string]bool{}
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			names := selected(t, strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
			for _, name := range names {
				read[regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")] = true
			}
			if missing := unknown(names, known); len(missing) > 0 {
				t.Errorf("panel %q reads %v, which do not exist", panel.Title, missing)
			}
		}
	}
	if len(read) < 20 {
		t.Errorf("the dashboard shows %d metrics only", len(read))
	}
}

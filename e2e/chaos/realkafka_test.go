//go:build linux

package chaos

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"
	"time"

	"cartograph/internal/kafka"
)

// realKafka reports whether the broker is Apache Kafka, as CHAOS_KAFKA=real has it,
// and not the embedded one.
func realKafka() bool { return os.Getenv("CHAOS_KAFKA") == "real" }

// newRealBroker makes the process of an Apache Kafka with an empty folder, from the
// classes that Maven has or downloads.
func (s *shop) newRealBroker(t *testing.T) *process {
	t.Helper()
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skipf("needs Java: %v", err)
	}
	classes := kafkaClasses(t)
	dir := t.TempDir()
	s.kafka = fixedAddress(t)
	properties := filepath.Join(dir, "server.properties")
	writeTemplate(t, "testdata/kafka/server.properties", properties, map[string]string{
		"Address": s.kafka, "Controller": fixedAddress(t), "Dir": filepath.Join(dir, "data"),
	})
	logging, err := filepath.Abs("testdata/kafka/log4j2.properties")
	if err != nil {
		t.Fatal(err)
	}
	run := func(main string, args ...string) *exec.Cmd {
		return exec.Command(java, append([]string{
			"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.configurationFile=" + logging,
			"-cp", filepath.Join(classes, "*"), main,
		}, args...)...)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	// A leading dash would be an option.
	cluster := "A" + base64.RawURLEncoding.EncodeToString(id)[1:]
	if out, err := run("kafka.tools.StorageTool", "format", "-t", cluster, "-c", properties).CombinedOutput(); err != nil {
		t.Fatalf("format the folder of Kafka: %v\n%s", err, out)
	}
	return newProcess(t, s.dir, "kafka", responds(s.kafka), func() *exec.Cmd { return run("kafka.Kafka", properties) })
}

// kafkaClasses is the folder of the broker's classes, filled once.
func kafkaClasses(t *testing.T) string {
	t.Helper()
	maven, err := exec.LookPath("mvn")
	if err != nil {
		t.Skipf("needs Maven: %v", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "cartograph", "kafka-4.3.1")
	out, err := exec.CommandContext(t.Context(), maven, "-B", "-ntp", "-f", "testdata/kafka/pom.xml", "-Dlib.dir="+dir, "dependency:copy-dependencies").CombinedOutput()
	if err != nil {
		t.Fatalf("copy the classes of Kafka: %v\n%s", err, out)
	}
	return dir
}

func writeTemplate(t *testing.T, from, to string, values map[string]string) {
	t.Helper()
	parsed, err := template.ParseFiles(from)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := parsed.Execute(file, values); err != nil {
		t.Fatal(err)
	}
}

// responds is a check that a broker answers.
func responds(address string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		client, err := kafka.NewClient([]string{address})
		if err != nil {
			return false
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return client.Ping(ctx) == nil
	}
}

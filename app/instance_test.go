package app

import (
	"strings"
	"testing"
	"time"

	"cartograph/internal/pgtest"
)

func TestAReplicaIsNamedByItsConfigurationElseByItsHostname(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ configured, hostname, want string }{
		{"7", "order-2", "7"},
		{"", "order-2", "2"},              // a pod of a StatefulSet
		{"", "cartograph-order-12", "12"}, // a scaled container
		{"", "4f1a0c2b9d3e", "4f1a0c2b9d3e"},
		{"", "order-7d9f5c-x2k4p", "order-7d9f5c-x2k4p"}, // a pod of a Deployment
		{"", "", "0"},
	} {
		if got := instanceName(tt.configured, tt.hostname); got != tt.want {
			t.Errorf("INSTANCE=%q on host %q is named %q, want %q", tt.configured, tt.hostname, got, tt.want)
		}
	}
}

func TestASecondReplicaWithTheSameNameFailsAtItsStart(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	claim := func(role, instance string) (func(), error) {
		return claimInstance(t.Context(), pool, role, instance, 300*time.Millisecond)
	}
	release, err := claim("order", "0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claim("order", "0"); err == nil || !strings.Contains(err.Error(), "another replica of order runs as INSTANCE 0") {
		t.Errorf("a second replica with the same name: %v, want it refused", err)
	}
	for _, other := range [][2]string{{"order", "1"}, {"payment", "0"}} {
		done, err := claim(other[0], other[1])
		if err != nil {
			t.Errorf("replica %s of %s: %v", other[1], other[0], err)
			continue
		}
		done()
	}
	release()
	release, err = claim("order", "0")
	if err != nil {
		t.Fatalf("the name of a replica that has ended: %v", err)
	}
	release()
}

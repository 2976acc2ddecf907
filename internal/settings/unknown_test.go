package settings_test

import (
	"slices"
	"testing"

	"cartograph/internal/settings"
)

func TestAnUnknownVariableThatBeginsLikeASettingIsReported(t *testing.T) {
	t.Parallel()
	var config struct {
		DataDir string `env:"DATA_DIR"`
		Brokers string `env:"KAFKA_BROKERS"`
		Order   struct {
			HoldSeconds int    `env:"HOLD_SECONDS" envDefault:"600"`
			Port        string `env:"LISTEN"`
		} `envPrefix:"ORDER_"`
	}
	got := settings.New(&config, "").Unknown([]string{
		"ORDER_HOLD_SECONDS=30", "KAFKA_BROKERS=k:9092", "HOME=/root", "ORDERS=2", "PATH=/bin", // settings, and others' variables
		"ORDER_HOLD_SECOND=30", "KAFKA_BROKER=k:9092", "DATA_DIRECTORY=/d",
		"ORDER_COLOUR_OF_THE_BUTTON=red", "ORDER_HOLD_SECOND_=hunter2", "ORDER_PORT=4004",
		// A Kubernetes service named "order" sets these in every container.
		"ORDER_SERVICE_HOST=10.0.0.7", "ORDER_SERVICE_PORT=4004", "ORDER_SERVICE_PORT_HTTP=4004", "ORDER_PORT=tcp://10.0.0.7:4004",
		"ORDER_PORT_4004_TCP=tcp://10.0.0.7:4004", "ORDER_PORT_4004_TCP_ADDR=10.0.0.7", "ORDER_PORT_4004_TCP_PROTO=tcp",
	})
	want := []string{
		"DATA_DIRECTORY: unknown setting",
		"KAFKA_BROKER: unknown setting; did you mean KAFKA_BROKERS?",
		"ORDER_COLOUR_OF_THE_BUTTON: unknown setting",
		"ORDER_HOLD_SECOND: unknown setting; did you mean ORDER_HOLD_SECONDS?",
		"ORDER_HOLD_SECOND_: unknown setting; did you mean ORDER_HOLD_SECONDS?",
		"ORDER_PORT: unknown setting",
	}
	if !slices.Equal(got, want) {
		t.Errorf("unknown variables are\n%q, want\n%q", got, want)
	}
}

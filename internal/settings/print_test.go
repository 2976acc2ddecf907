package settings

import "testing"

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, want string }{
		{"INTERNAL_TOKEN_SECRET", "", ""},
		{"INTERNAL_TOKEN_SECRET", "hunter2", "***"},
		{"PAYMENT_GATEWAY_API_KEY", "hunter2", "***"},
		{"PAYMENT_GATEWAY_WEBHOOK_SECRETS", "hunter2,hunter3", "***"},
		{"REDIS_URL", "redis://localhost:6379", "redis://localhost:6379"},
		{"REDIS_URL", "redis://:hunter2@localhost:6379", "redis://:xxxxx@localhost:6379"},
		{"SMTP_URL", "smtp://shop:hunter2@mail:25", "smtp://shop:xxxxx@mail:25"},
		{"SMTP_URL", "smtp://shop:hunter2%@mail:25", "***"},
		{"CART_DATABASE_URL", "postgres://cart:hunter2@db/cart?sslmode=disable", "postgres://cart:xxxxx@db/cart?sslmode=disable"},
		{"CART_DATABASE_URL", "postgres://db/cart?user=cart&password=hunter2&sslmode=disable", "postgres://db/cart?user=cart&password=***&sslmode=disable"},
		{"CART_DATABASE_URL", "host=db user=cart password=hunter2 dbname=cart", "host=db user=cart password=*** dbname=cart"},
		{"CART_DATABASE_URL", "host=db password = 'hunter 2' dbname=cart", "host=db password = *** dbname=cart"},
		{"LOG_LEVEL", "info", "info"},
		{"LIMITS_TOKENISER", "fast", "fast"},
	} {
		if got := masked(field{variable: tt.name}, tt.value); got != tt.want {
			t.Errorf("%s=%s is shown as %s, want %s", tt.name, tt.value, got, tt.want)
		}
	}
}

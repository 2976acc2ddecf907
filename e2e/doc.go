// Package e2e tests the whole system as its clients use it: through the router,
// over HTTP and WebSocket, on real Postgres and on the embedded Kafka, Redis and
// SMTP servers.
package e2e

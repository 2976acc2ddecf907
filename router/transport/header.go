package transport

import (
	"context"
	"net/http"
)

type headerKey struct{}

// withHeader adds the header of the HTTP request to the context of its admission.
func withHeader(ctx context.Context, header http.Header) context.Context {
	return context.WithValue(ctx, headerKey{}, header)
}

// RequestHeader returns the header of the single HTTP request that is being admitted,
// so that a refusal has the extensions that its client requested. It is nil for a
// batch and over WebSocket.
func RequestHeader(ctx context.Context) http.Header {
	header, _ := ctx.Value(headerKey{}).(http.Header)
	return header
}

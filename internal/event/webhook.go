package event

// WebhookEndpointChanged reports where a partner wants events, all of the definition each
// time. The address and the secret are not part of it: who delivers reads them at the
// delivery from the user service.
type WebhookEndpointChanged struct {
	EndpointID string   `json:"endpointId"`
	OwnerID    string   `json:"ownerId"` // api_… or usr_…
	Scopes     []string `json:"scopes"`  // of the owner at the change
	EventTypes []string `json:"eventTypes"`
	Active     bool     `json:"active"`
	Version    int64    `json:"version"` // a consumer ignores an older version than it has
}

// Type, Topic and Subject make it a Payload.
func (WebhookEndpointChanged) Type() string      { return typeName("user", "webhookEndpointChanged") }
func (WebhookEndpointChanged) Topic() Topic      { return Users }
func (e WebhookEndpointChanged) Subject() string { return e.EndpointID }

// APIClientKeysChanged reports that keys of an API client do not work any more: an
// earlier one that was replaced, or all of them.
type APIClientKeysChanged struct {
	ClientID string `json:"clientId"`
	Revoked  bool   `json:"revoked"` // all of them, for good
}

// Type, Topic and Subject make it a Payload.
func (APIClientKeysChanged) Type() string      { return typeName("user", "apiClientKeysChanged") }
func (APIClientKeysChanged) Topic() Topic      { return Users }
func (e APIClientKeysChanged) Subject() string { return e.ClientID }

// WebhookEndpointDeleted reports that an endpoint gets no more events.
type WebhookEndpointDeleted struct {
	EndpointID string `json:"endpointId"`
}

// Type, Topic and Subject make it a Payload.
func (WebhookEndpointDeleted) Type() string      { return typeName("user", "webhookEndpointDeleted") }
func (WebhookEndpointDeleted) Topic() Topic      { return Users }
func (e WebhookEndpointDeleted) Subject() string { return e.EndpointID }

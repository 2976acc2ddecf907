package event

import "time"

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

// WebhookEndpointPaused reports that an endpoint failed so often that its deliveries
// pause, or that it answered that it is gone. It is published at the first pause since the
// last success.
type WebhookEndpointPaused struct {
	EndpointID  string    `json:"endpointId"`
	OwnerID     string    `json:"ownerId"`     // api_… or usr_…
	Failures    int       `json:"failures"`    // attempts since the last success
	Reason      string    `json:"reason"`      // why the last of them failed
	Gone        bool      `json:"gone"`        // nothing is sent until the owner changes the endpoint
	PausedUntil time.Time `json:"pausedUntil"` // of one that is not gone
	At          time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (WebhookEndpointPaused) Type() string      { return typeName("webhook", "endpointPaused") }
func (WebhookEndpointPaused) Topic() Topic      { return Webhooks }
func (e WebhookEndpointPaused) Subject() string { return e.EndpointID }

// WebhookPauseNoticeDue requests the mail by which the owner of an endpoint, or of the API
// client that has it, reads of a pause.
type WebhookPauseNoticeDue struct {
	UserID      string    `json:"userId"`
	Email       string    `json:"email"`
	DisplayName string    `json:"displayName"`
	Locale      string    `json:"locale"`
	EndpointID  string    `json:"endpointId"`
	URL         string    `json:"url"` // of the endpoint
	Failures    int       `json:"failures"`
	Reason      string    `json:"reason"`
	Gone        bool      `json:"gone"`
	PausedUntil time.Time `json:"pausedUntil"`
	At          time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (WebhookPauseNoticeDue) Type() string      { return typeName("user", "webhookPauseNoticeDue") }
func (WebhookPauseNoticeDue) Topic() Topic      { return Users }
func (e WebhookPauseNoticeDue) Subject() string { return e.UserID }

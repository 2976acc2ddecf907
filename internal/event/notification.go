package event

import "time"

// NotificationPosted reports a notification of a user, for the inbox of their account.
// Mails to addresses without an account are not reported.
type NotificationPosted struct {
	NotificationID string    `json:"notificationId"`
	UserID         string    `json:"userId"`
	About          string    `json:"topic"`  // the schema's NotificationTopic
	Title          string    `json:"title"`  // in the user's language, as of the notification
	Body           string    `json:"body"`   // likewise
	LinkID         string    `json:"linkId"` // of the order or product that it is about; may be empty
	PostedAt       time.Time `json:"postedAt"`
}

// Type, Topic and Subject make it a Payload.
func (NotificationPosted) Type() string      { return typeName("notification", "posted") }
func (NotificationPosted) Topic() Topic      { return Notifications }
func (e NotificationPosted) Subject() string { return e.UserID }

// NotificationSent reports that a notification was delivered by a channel outside of
// the inbox.
type NotificationSent struct {
	NotificationID string    `json:"notificationId"`
	UserID         string    `json:"userId"`
	Channel        string    `json:"channel"` // the schema's NotificationChannel
	SentAt         time.Time `json:"sentAt"`
}

// Type, Topic and Subject make it a Payload.
func (NotificationSent) Type() string      { return typeName("notification", "sent") }
func (NotificationSent) Topic() Topic      { return Notifications }
func (e NotificationSent) Subject() string { return e.UserID }

// NotificationUnsubscribed reports that a user ended the notifications of a topic by a
// channel, by the link of one.
type NotificationUnsubscribed struct {
	UserID  string `json:"userId"`
	About   string `json:"topic"`   // the schema's NotificationTopic
	Channel string `json:"channel"` // the schema's NotificationChannel
}

// Type, Topic and Subject make it a Payload.
func (NotificationUnsubscribed) Type() string      { return typeName("notification", "unsubscribed") }
func (NotificationUnsubscribed) Topic() Topic      { return Notifications }
func (e NotificationUnsubscribed) Subject() string { return e.UserID }

// NotificationDue requests the delivery of a notification to a device, or to the phone of
// a user.
type NotificationDue struct {
	NotificationID string    `json:"notificationId"`
	UserID         string    `json:"userId"`
	Channel        string    `json:"channel"`  // PUSH or SMS
	TargetID       string    `json:"targetId"` // of the push subscription; empty for SMS
	About          string    `json:"topic"`    // the schema's NotificationTopic
	Title          string    `json:"title"`
	Body           string    `json:"body"`
	LinkID         string    `json:"linkId"`
	PostedAt       time.Time `json:"postedAt"`
}

// Type, Topic and Subject make it a Payload.
func (NotificationDue) Type() string      { return typeName("user", "notificationDue") }
func (NotificationDue) Topic() Topic      { return Users }
func (e NotificationDue) Subject() string { return e.UserID }

// PushSubscriptionExpired reports that a device no longer accepts push messages.
type PushSubscriptionExpired struct {
	UserID         string `json:"userId"`
	SubscriptionID string `json:"subscriptionId"`
}

// Type, Topic and Subject make it a Payload.
func (PushSubscriptionExpired) Type() string {
	return typeName("notification", "pushSubscriptionExpired")
}
func (PushSubscriptionExpired) Topic() Topic      { return Notifications }
func (e PushSubscriptionExpired) Subject() string { return e.UserID }

// NotificationFailed reports that a notification could not be delivered by a channel,
// and is not tried again.
type NotificationFailed struct {
	NotificationID string    `json:"notificationId"`
	UserID         string    `json:"userId"`
	Channel        string    `json:"channel"`
	FailedAt       time.Time `json:"failedAt"`
}

// Type, Topic and Subject make it a Payload.
func (NotificationFailed) Type() string      { return typeName("notification", "failed") }
func (NotificationFailed) Topic() Topic      { return Notifications }
func (e NotificationFailed) Subject() string { return e.UserID }

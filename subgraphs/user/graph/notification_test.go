package graph_test

import (
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

const adaNotification = "ntf_01J0000000000000000000000A"

func TestAUserReadsTheInboxAndMarksIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	err := s.users.Handle(t.Context(), eventtest.Envelope(event.NotificationPosted{
		NotificationID: adaNotification, UserID: adaID, About: "ORDER", Title: "Order C-1 is confirmed", Body: "Thank you.",
		PostedAt: time.Date(2026, time.April, 2, 9, 30, 0, 0, time.UTC),
	}))
	if err != nil {
		t.Fatal(err)
	}
	s.Want(t, customer(adaID), `{ me { notifications { unreadCount nodes { id topic title body linkId readAt sentVia createdAt } } } }`, nil, `{"me": {"notifications": {
		"unreadCount": 1, "nodes": [{"id": "`+adaNotification+`", "topic": "ORDER", "title": "Order C-1 is confirmed", "body": "Thank you.",
		"linkId": null, "readAt": null, "sentVia": ["IN_APP"], "createdAt": "2026-04-02T09:30:00.000Z"}]}}}`)
	const mark = `mutation($ids: [ID!]!) { notificationsMarkRead(ids: $ids) { ok userErrors { code } } }`
	ids := map[string]any{"ids": []string{adaNotification}}
	const done = `{"notificationsMarkRead": {"ok": true, "userErrors": []}}`
	const unread = `{ me { notifications(unreadOnly: true) { unreadCount nodes { id } } } }`
	s.Want(t, customer(kimID), mark, ids, done) // no answer shows whether it exists
	s.Want(t, customer(adaID), unread, nil, `{"me": {"notifications": {"unreadCount": 1, "nodes": [{"id": "`+adaNotification+`"}]}}}`)
	s.Want(t, customer(adaID), mark, ids, done)
	s.Want(t, customer(adaID), unread, nil, `{"me": {"notifications": {"unreadCount": 0, "nodes": []}}}`)
	s.Want(t, support(), `{ user(id: "`+adaID+`") { email notifications { unreadCount } notificationPreferences { quietHours { start } } } }`, nil,
		`{"user": {"email": "ada@demo.test", "notifications": null, "notificationPreferences": null}}`)
}

func TestOmittedPreferencesStay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const update = `mutation($input: NotificationPreferencesInput!) { notificationPreferencesUpdate(input: $input) {
		user { notificationPreferences { quietHours { start end timeZone } } } userErrors { code path } } }`
	for _, step := range []struct {
		input map[string]any
		want  string
	}{
		{map[string]any{"quietHours": map[string]any{"start": "22:00", "end": "07:30", "timeZone": "Europe/Vienna"}}, `{"start": "22:00", "end": "07:30", "timeZone": "Europe/Vienna"}`},
		{map[string]any{"topics": []any{map[string]any{"topic": "MARKETING", "channels": []string{"EMAIL"}}}}, `{"start": "22:00", "end": "07:30", "timeZone": "Europe/Vienna"}`},
		{map[string]any{"quietHours": nil}, `null`},
	} {
		s.Want(t, customer(adaID), update, map[string]any{"input": step.input},
			`{"notificationPreferencesUpdate": {"user": {"notificationPreferences": {"quietHours": `+step.want+`}}, "userErrors": []}}`)
	}
	s.Want(t, customer(adaID), update, map[string]any{"input": map[string]any{"topics": []any{map[string]any{"topic": "SECURITY", "channels": []string{}}}}},
		`{"notificationPreferencesUpdate": {"user": null, "userErrors": [{"code": "INVALID_INPUT", "path": ["input", "topics", "0", "channels"]}]}}`)
}

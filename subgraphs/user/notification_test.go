package user

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/id"
)

func posted(userID, topic string) event.NotificationPosted {
	return event.NotificationPosted{
		NotificationID: id.New(id.Notification), UserID: userID, About: topic, Title: "Order C-1 is confirmed", Body: "Thank you.",
		LinkID: id.New(id.Order), PostedAt: time.Now().UTC(),
	}
}

func handle(t *testing.T, s *Service, p event.Payload) {
	t.Helper()
	if err := s.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatalf("handle %s: %v", p.Type(), err)
	}
}

// inboxOf lists the titles of a user's whole inbox.
func inboxOf(t *testing.T, s *Service, tokens *Tokens) (all []*Notification, unread int) {
	t.Helper()
	ctx := signedIn(t, tokens)
	page, err := s.Notifications(ctx, auth.From(ctx).ID, new(100), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	unread, err = s.CountUnread(ctx, page)
	if err != nil {
		t.Fatal(err)
	}
	return page.Nodes, unread
}

func TestANotificationIsInTheInboxOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	p := posted(ada.ID, "ORDER")
	for range 2 { // two events, as of a relay that published twice
		handle(t, s, p)
		handle(t, s, event.NotificationSent{NotificationID: p.NotificationID, UserID: ada.ID, Channel: "EMAIL", SentAt: time.Now()})
	}
	all, unread := inboxOf(t, s, tokens)
	if len(all) != 1 || unread != 1 || all[0].Title != p.Title || *all[0].LinkID != p.LinkID {
		t.Fatalf("%d notifications, %d unread: %+v", len(all), unread, all)
	}
	if diff := cmp.Diff([]Channel{InApp, Email}, all[0].SentVia); diff != "" {
		t.Errorf("sent via (-want +got):\n%s", diff)
	}
}

func TestAnInboxIsItsOwnersOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	eve, evesTokens := register(t, s, "eve@demo.test")
	p := posted(ada.ID, "ORDER")
	handle(t, s, p)
	handle(t, s, event.NotificationSent{NotificationID: p.NotificationID, UserID: eve.ID, Channel: "SMS", SentAt: time.Now()})
	staff := as(t, auth.Actor{Kind: auth.User, ID: eve.ID, Scopes: []string{"users:read", "profile:read"}})
	page, err := s.Notifications(staff, ada.ID, nil, nil, false)
	preferences, failed := s.NotificationPreferences(staff, ada.ID)
	if page != nil || preferences != nil || err != nil || failed != nil {
		t.Errorf("another user sees %v and %v: %v, %v", page, preferences, err, failed)
	}
	if err := s.MarkNotificationsRead(signedIn(t, evesTokens), []string{p.NotificationID, "ntf_nonsense"}); err != nil {
		t.Errorf("an ID of somebody else is reported: %v", err)
	}
	if all, unread := inboxOf(t, s, tokens); unread != 1 || !slices.Equal(all[0].SentVia, []Channel{InApp}) {
		t.Errorf("another user changed it: %d unread, sent via %v", unread, all[0].SentVia)
	}
	if err := s.MarkNotificationsRead(signedIn(t, tokens), []string{p.NotificationID}); err != nil {
		t.Fatal(err)
	}
	if all, unread := inboxOf(t, s, tokens); unread != 0 || all[0].ReadAt == nil {
		t.Errorf("%d unread after all were marked", unread)
	}
	wantCode(t, s.MarkNotificationsRead(anonymous(t), nil), "UNAUTHENTICATED")
	wantCode(t, s.MarkNotificationsRead(signedIn(t, tokens), make([]string, 101)), "INVALID_INPUT")
}

func TestAnInboxKeepsTheNewestEntries(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	execute(t, s, `INSERT INTO notifications (id, user_id, topic, title, body, created_at)
		SELECT 'ntf_old_' || n, $1, 'ORDER', 'old', 'old', now() FROM generate_series(1, $2) n`, ada.ID, maxNotifications)
	p := posted(ada.ID, "ORDER")
	handle(t, s, p)
	if n := count(t, s, "SELECT count(*) FROM notifications"); n != maxNotifications {
		t.Errorf("%d are stored, want %d", n, maxNotifications)
	}
	if all, _ := inboxOf(t, s, tokens); all[0].ID != p.NotificationID {
		t.Errorf("the newest is %s, want %s", all[0].ID, p.NotificationID)
	}
	if n := count(t, s, "SELECT count(*) FROM notifications WHERE id = 'ntf_old_1'"); n != 0 {
		t.Error("the oldest is kept")
	}
	execute(t, s, "UPDATE notifications SET created_at = now() - interval '91 days' WHERE title = 'old'")
	if err := s.cleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "SELECT count(*) FROM notifications"); n != 1 {
		t.Errorf("%d are stored after 90 days, want the one of today", n)
	}
}

func TestADeletedAccountHasNoInbox(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	handle(t, s, posted(ada.ID, "ORDER"))
	hours := &QuietHours{Start: "22:00", End: "07:00", TimeZone: "Europe/Vienna"}
	chosen := []TopicPreference{{Topic: TopicMarketing, Channels: []Channel{Email}}}
	if _, err := s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: chosen, SetQuietHours: true, QuietHours: hours}); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(as(t, auth.Actor{}), ada.ID); err != nil {
		t.Fatal(err)
	}
	handle(t, s, posted(ada.ID, "SECURITY"))
	for _, table := range []string{"notifications", "notification_preferences", "quiet_hours"} {
		if n := count(t, s, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
}

func TestAnInboxComesInPages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	var want, got []string
	for i := range 5 {
		p := posted(ada.ID, "ORDER")
		p.Title = fmt.Sprint(i)
		handle(t, s, p)
		want = append([]string{p.Title}, want...)
		if i == 3 {
			if err := s.MarkNotificationsRead(signedIn(t, tokens), []string{p.NotificationID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var after *string
	for {
		page, err := s.Notifications(signedIn(t, tokens), ada.ID, new(2), after, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range page.Nodes {
			got = append(got, n.Title)
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("newest first (-want +got):\n%s", diff)
	}
	unread, err := s.Notifications(signedIn(t, tokens), ada.ID, nil, nil, true)
	if err != nil || len(unread.Nodes) != 4 {
		t.Errorf("%d unread, %v, want 4", len(unread.Nodes), err)
	}
}

func TestASubscriberGetsEachNotificationOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	eve, _ := register(t, s, "eve@demo.test")
	handle(t, s, posted(ada.ID, "ORDER")) // before the subscription
	received, err := s.WatchNotifications(signedIn(t, tokens))
	if err != nil {
		t.Fatal(err)
	}
	handle(t, s, posted(eve.ID, "ORDER"))
	var want []string
	for range 3 {
		p := posted(ada.ID, "ORDER")
		want = append(want, p.NotificationID)
		handle(t, s, p)
		handle(t, s, p)
	}
	for _, id := range want {
		select {
		case n := <-received:
			if n.ID != id {
				t.Errorf("got %s, want %s", n.ID, id)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing arrives")
		}
	}
	select {
	case n := <-received:
		t.Errorf("%+v arrives again", n)
	default:
	}
	if _, err := s.WatchNotifications(anonymous(t)); fault.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("without an account: %v", err)
	}
}

// The event wakes a replica before another one has stored the notification.
func TestASubscriberOfAnotherReplicaGetsANotificationThatIsStoredLater(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	other := serviceOn(s.pool)
	received, err := other.WatchNotifications(signedIn(t, tokens))
	if err != nil {
		t.Fatal(err)
	}
	other.inboxes.Notify(ada.ID)
	p := posted(ada.ID, "ORDER")
	handle(t, s, p)
	select {
	case n := <-received:
		if n.ID != p.NotificationID {
			t.Errorf("got %s, want %s", n.ID, p.NotificationID)
		}
	case <-time.After(inboxRetry * inboxRetries):
		t.Fatal("nothing arrives")
	}
}

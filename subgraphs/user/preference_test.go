package user

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
)

// chosen are the channels of each topic of a caller, as text.
func chosen(t *testing.T, s *Service, tokens *Tokens) map[NotificationTopic]string {
	t.Helper()
	ctx := signedIn(t, tokens)
	p, err := s.NotificationPreferences(ctx, auth.From(ctx).ID)
	if err != nil {
		t.Fatal(err)
	}
	all := map[NotificationTopic]string{}
	for _, topic := range p.Topics {
		all[topic.Topic] = joined(topic.Channels)
	}
	return all
}

func TestMarketingIsOffUntilItIsChosen(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	handle(t, s, posted(ada.ID, "MARKETING"))
	if all, _ := inboxOf(t, s, tokens); len(all) != 0 {
		t.Errorf("the inbox has %d", len(all))
	}
	want := map[NotificationTopic]string{
		"ORDER": "EMAIL,PUSH,IN_APP", "SHIPPING": "EMAIL,PUSH,IN_APP", "PAYMENT": "EMAIL,PUSH,IN_APP", "SECURITY": "EMAIL,PUSH,IN_APP",
		"STOCK_ALERT": "EMAIL,PUSH,IN_APP", "PRICE_DROP": "EMAIL,PUSH,IN_APP", "CART_REMINDER": "EMAIL,IN_APP",
		"REVIEW_INVITATION": "EMAIL,IN_APP", "MARKETING": "",
	}
	if diff := cmp.Diff(want, chosen(t, s, tokens)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	topics := []TopicPreference{{Topic: TopicMarketing, Channels: []Channel{InApp, Email, InApp}}, {Topic: TopicShipping}}
	if _, err := s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: topics}); err != nil {
		t.Fatal(err)
	}
	want["MARKETING"], want["SHIPPING"] = "EMAIL,IN_APP", ""
	if diff := cmp.Diff(want, chosen(t, s, tokens)); diff != "" {
		t.Errorf("after the choice (-want +got):\n%s", diff)
	}
	handle(t, s, posted(ada.ID, "MARKETING"))
	handle(t, s, posted(ada.ID, "SHIPPING"))
	if all, _ := inboxOf(t, s, tokens); len(all) != 1 || all[0].Topic != TopicMarketing {
		t.Errorf("the inbox has %+v, want what was chosen", all)
	}
}

func TestMailsThatACustomerNeedsCannotBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	for _, topic := range []NotificationTopic{TopicOrder, TopicPayment, TopicSecurity} {
		for _, channels := range [][]Channel{nil, {InApp, Push, SMS}} {
			_, err := s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: []TopicPreference{{Topic: topic, Channels: channels}}})
			wantCode(t, err, "INVALID_INPUT")
		}
		if _, err := s.pool.Exec(t.Context(), "INSERT INTO notification_preferences SELECT id, $1, '{IN_APP}' FROM users", topic); err == nil ||
			!strings.Contains(err.Error(), "keep_mandatory_mails") {
			t.Errorf("the database accepts %s without mails: %v", topic, err)
		}
		only := []TopicPreference{{Topic: topic, Channels: []Channel{Email}}}
		if _, err := s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: only}); err != nil {
			t.Errorf("%s by mail only: %v", topic, err)
		}
	}
	twice := []TopicPreference{{Topic: TopicMarketing}, {Topic: TopicMarketing}}
	_, err := s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: twice})
	wantCode(t, err, "INVALID_INPUT")
	_, err = s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: make([]TopicPreference, 1000)})
	wantCode(t, err, "INVALID_INPUT")
	_, err = s.ChangePreferences(anonymous(t), PreferencesChange{})
	wantCode(t, err, "UNAUTHENTICATED")
}

func TestALinkOfAMailEndsThePreference(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	for range 2 {
		handle(t, s, event.NotificationUnsubscribed{UserID: ada.ID, About: "STOCK_ALERT", Channel: "EMAIL"})
	}
	handle(t, s, event.NotificationUnsubscribed{UserID: someID(id.User), About: "STOCK_ALERT", Channel: "EMAIL"}) // was deleted
	if got := chosen(t, s, tokens); got["STOCK_ALERT"] != "PUSH,IN_APP" || got["PRICE_DROP"] != "EMAIL,PUSH,IN_APP" {
		t.Errorf("preferences are %v", got)
	}
	needed := eventtest.Envelope(event.NotificationUnsubscribed{UserID: ada.ID, About: "ORDER", Channel: "EMAIL"})
	if err := s.Handle(t.Context(), needed); fault.KindOf(err) != fault.Invalid {
		t.Errorf("mails about orders: %v, want it refused", err)
	}
}

func TestTheNotificationServiceGetsTheChoiceOfAUser(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, tokens := register(t, s, "ada@demo.test")
	service := as(t, auth.Actor{Kind: auth.Service, ID: "notification"})
	recipient := func() *rpcv1.RecipientResponse {
		res, err := NewServer(s).Recipient(service, &rpcv1.RecipientRequest{UserId: ada.ID, Topic: "STOCK_ALERT"})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	if res := recipient(); res.GetEmail() != "ada@demo.test" || len(res.GetChannels()) != 3 || res.GetQuietUntil() != nil {
		t.Errorf("by default: %v", res)
	}
	hours := &QuietHours{Start: "22:00", End: "07:00", TimeZone: "Europe/Vienna"}
	topics := []TopicPreference{{Topic: TopicStockAlert, Channels: []Channel{InApp}}}
	if _, err := s.ChangePreferences(signedIn(t, tokens), PreferencesChange{Topics: topics, SetQuietHours: true, QuietHours: hours}); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	c.now = time.Date(2027, time.March, 27, 22, 30, 0, 0, time.UTC)
	c.mu.Unlock()
	want := time.Date(2027, time.March, 28, 5, 0, 0, 0, time.UTC) // the clock has changed in the night
	if res := recipient(); len(res.GetChannels()) != 1 || !res.GetQuietUntil().AsTime().Equal(want) {
		t.Errorf("in the night: %v, want it quiet until %v", res, want)
	}
	if err := s.Erase(as(t, auth.Actor{}), ada.ID); err != nil {
		t.Fatal(err)
	}
	_, err := NewServer(s).Recipient(service, &rpcv1.RecipientRequest{UserId: ada.ID, Topic: "STOCK_ALERT"})
	wantCode(t, err, "NOT_FOUND")
}

func TestQuietHoursAreSetAndEnded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	ctx := signedIn(t, tokens)
	set := func(change PreferencesChange) error {
		_, err := s.ChangePreferences(ctx, change)
		return err
	}
	hours := &QuietHours{Start: "22:00", End: "07:05", TimeZone: "Europe/Vienna"}
	for _, step := range []struct {
		change PreferencesChange
		want   *QuietHours
	}{
		{PreferencesChange{SetQuietHours: true, QuietHours: hours}, hours},
		{PreferencesChange{}, hours},
		{PreferencesChange{SetQuietHours: true}, nil},
	} {
		if err := set(step.change); err != nil {
			t.Fatal(err)
		}
		p, err := s.NotificationPreferences(ctx, ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, p.QuietHours); diff != "" {
			t.Errorf("quiet hours (-want +got):\n%s", diff)
		}
	}
	for _, bad := range []QuietHours{
		{"22:00", "22:00", "Europe/Vienna"},
		{"24:00", "07:00", "Europe/Vienna"},
		{"22:00", "7:00", "Europe/Vienna"},
		{"22:00", "07:60", "Europe/Vienna"},
		{"ten", "07:00", "Europe/Vienna"},
		{"22:00", "07:00", "Europe/Atlantis"},
		{"22:00", "07:00", ""},
		{"22:00", "07:00", "Local"},
		{"22:00", "07:00", "../../etc/passwd"},
		{"22:00", "07:00", strings.Repeat("A", 100)},
	} {
		wantCode(t, set(PreferencesChange{SetQuietHours: true, QuietHours: &bad}), "INVALID_INPUT")
	}
}

func TestQuietHoursEndByTheUsersClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ start, end, zone, now, want string }{
		{"22:00", "07:00", "UTC", "2026-06-01T21:59:59Z", ""},
		{"22:00", "07:00", "UTC", "2026-06-01T22:00:00Z", "2026-06-02T07:00:00Z"},
		{"22:00", "07:00", "UTC", "2026-06-02T00:30:00Z", "2026-06-02T07:00:00Z"},
		{"22:00", "07:00", "UTC", "2026-06-02T06:59:59Z", "2026-06-02T07:00:00Z"},
		{"22:00", "07:00", "UTC", "2026-06-02T07:00:00Z", ""},
		{"22:00", "07:00", "UTC", "2026-12-31T23:00:00Z", "2027-01-01T07:00:00Z"},
		{"12:00", "14:30", "Asia/Kolkata", "2026-06-02T06:30:00Z", "2026-06-02T09:00:00Z"},
		{"12:00", "14:30", "Asia/Kolkata", "2026-06-02T09:00:00Z", ""},
		{"22:00", "07:00", "America/New_York", "2026-01-15T03:00:00Z", "2026-01-15T12:00:00Z"},
		{"22:00", "07:00", "Europe/Vienna", "2026-03-28T21:30:00Z", "2026-03-29T05:00:00Z"}, // the night is an hour shorter
		{"22:00", "07:00", "Europe/Vienna", "2026-10-24T20:30:00Z", "2026-10-25T06:00:00Z"}, // and longer
		{"22:00", "02:30", "Europe/Vienna", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"}, // which the clock skips: 03:00
		{"02:15", "02:45", "Europe/Vienna", "2026-03-29T01:00:00Z", ""},                     // the clock skips both
		{"22:00", "02:30", "Europe/Vienna", "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z"}, // which it shows twice: the first time
		{"22:00", "02:30", "Europe/Vienna", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"}, // and the second
		{"22:00", "07:00", "Nowhere/At_all", "2026-06-01T23:00:00Z", ""},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		until, quiet := QuietHours{Start: c.start, End: c.end, TimeZone: c.zone}.Until(now)
		got := ""
		if quiet {
			got = until.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s–%s in %s at %s: until %q, want %q", c.start, c.end, c.zone, c.now, got, c.want)
		}
	}
}

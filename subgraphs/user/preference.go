package user

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/subgraphs/user/db"
)

// NotificationTopic is what a notification is about, as far as users choose channels for it.
type NotificationTopic string

// The topics.
const (
	TopicOrder            NotificationTopic = "ORDER"
	TopicShipping         NotificationTopic = "SHIPPING"
	TopicPayment          NotificationTopic = "PAYMENT"
	TopicSecurity         NotificationTopic = "SECURITY"
	TopicStockAlert       NotificationTopic = "STOCK_ALERT"
	TopicPriceDrop        NotificationTopic = "PRICE_DROP"
	TopicCartReminder     NotificationTopic = "CART_REMINDER"
	TopicReviewInvitation NotificationTopic = "REVIEW_INVITATION"
	TopicMarketing        NotificationTopic = "MARKETING"
)

// Channel is a way in which a notification reaches a user.
type Channel string

// The channels.
const (
	Email Channel = "EMAIL"
	SMS   Channel = "SMS"
	Push  Channel = "PUSH"
	InApp Channel = "IN_APP"
)

// channels are all, in the order in which preferences list them.
var channels = []Channel{Email, SMS, Push, InApp}

// topicDefaults are the channels of each topic until the user chooses. Marketing is off
// until it is chosen. Without the mails about orders, payments and security a customer
// would miss what they must do: those channels are mandatory.
var topicDefaults = []struct {
	topic     NotificationTopic
	channels  []Channel
	mandatory []Channel
}{
	{TopicOrder, []Channel{Email, Push, InApp}, []Channel{Email}},
	{TopicShipping, []Channel{Email, Push, InApp}, nil},
	{TopicPayment, []Channel{Email, Push, InApp}, []Channel{Email}},
	{TopicSecurity, []Channel{Email, Push, InApp}, []Channel{Email}},
	{TopicStockAlert, []Channel{Email, Push, InApp}, nil},
	{TopicPriceDrop, []Channel{Email, Push, InApp}, nil},
	{TopicCartReminder, []Channel{Email, InApp}, nil},
	{TopicReviewInvitation, []Channel{Email, InApp}, nil},
	{TopicMarketing, nil, nil},
}

func (t NotificationTopic) known() bool {
	for _, d := range topicDefaults {
		if d.topic == t {
			return true
		}
	}
	return false
}

// NotificationPreferences are what a user chose, with the defaults of what they did not.
type NotificationPreferences struct {
	Topics        []TopicPreference
	QuietHours    *QuietHours
	PushPublicKey *string
}

// TopicPreference is by which channels a user gets notifications of a topic.
type TopicPreference struct {
	Topic             NotificationTopic
	Channels          []Channel
	MandatoryChannels []Channel
}

// PreferencesChange is the input of ChangePreferences.
type PreferencesChange struct {
	Topics        []TopicPreference
	SetQuietHours bool
	QuietHours    *QuietHours // nil with SetQuietHours ends them
}

// NotificationPreferences are the caller's; nil for those of somebody else.
func (s *Service) NotificationPreferences(ctx context.Context, userID string) (*NotificationPreferences, error) {
	if !isSelf(ctx, userID) {
		return nil, nil
	}
	p, err := preferencesOf(ctx, db.New(s.pool), userID)
	if err != nil {
		return nil, fmt.Errorf("notification preferences of %s: %w", userID, err)
	}
	p.PushPublicKey = optional.Of(s.pushKey)
	return p, nil
}

func preferencesOf(ctx context.Context, q *db.Queries, userID string) (*NotificationPreferences, error) {
	rows, err := q.PreferencesOfUser(ctx, userID)
	if err != nil {
		return nil, err
	}
	p := &NotificationPreferences{}
	for _, d := range topicDefaults {
		chosen := d.channels
		if i := slices.IndexFunc(rows, func(r db.PreferencesOfUserRow) bool { return r.Topic == string(d.topic) }); i >= 0 {
			chosen = asChannels(rows[i].Channels)
		}
		p.Topics = append(p.Topics, TopicPreference{
			Topic: d.topic, Channels: slices.Concat([]Channel{}, chosen), MandatoryChannels: slices.Concat([]Channel{}, d.mandatory),
		})
	}
	hours, err := q.QuietHoursOfUser(ctx, userID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return p, nil
	case err != nil:
		return nil, err
	}
	p.QuietHours = &QuietHours{Start: clockTime(hours.StartMinute), End: clockTime(hours.EndMinute), TimeZone: hours.TimeZone}
	return p, nil
}

// channelsOf are the channels of one topic.
func channelsOf(ctx context.Context, q *db.Queries, userID string, topic NotificationTopic) ([]Channel, error) {
	p, err := preferencesOf(ctx, q, userID)
	if err != nil {
		return nil, err
	}
	return p.channels(topic), nil
}

func (p *NotificationPreferences) channels(topic NotificationTopic) []Channel {
	for _, t := range p.Topics {
		if t.Topic == topic {
			return t.Channels
		}
	}
	return nil
}

// ChangePreferences changes the caller's preferences. Topics that are not given stay.
func (s *Service) ChangePreferences(ctx context.Context, change PreferencesChange) (*User, error) {
	topics, hours, err := change.checked()
	if err != nil {
		return nil, err
	}
	var u *User
	err = s.changeSelf(ctx, func(tx pgx.Tx, self db.User) error {
		u = userOf(self)
		q := db.New(tx)
		topics.UserID = self.ID
		if err := q.SetPreferences(ctx, topics); err != nil {
			return err
		}
		switch {
		case hours != nil:
			hours.UserID = self.ID
			return q.SetQuietHours(ctx, *hours)
		case change.SetQuietHours:
			return q.DeleteQuietHours(ctx, self.ID)
		default:
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("change notification preferences: %w", err)
	}
	return u, nil
}

func (p PreferencesChange) checked() (topics db.SetPreferencesParams, hours *db.SetQuietHoursParams, err error) {
	var c checks
	if len(p.Topics) > len(topicDefaults) { // one of them is there twice
		return topics, nil, fault.Localized(fault.Invalid, "notification.topic_twice").At("input", "topics")
	}
	for i, t := range p.Topics {
		at := []string{"input", "topics", fmt.Sprint(i)}
		if slices.Contains(topics.Topics, string(t.Topic)) {
			c.add(fault.Localized(fault.Invalid, "notification.topic_twice"), append(at, "topic")...)
			continue
		}
		if !containsAll(t.Channels, mandatoryOf(t.Topic)) {
			c.add(fault.Localized(fault.Invalid, "notification.mandatory_mail"), append(at, "channels")...)
		}
		topics.Topics, topics.Channels = append(topics.Topics, string(t.Topic)), append(topics.Channels, joined(t.Channels))
	}
	if p.QuietHours != nil {
		hours = p.QuietHours.checked(&c)
	}
	return topics, hours, c.err()
}

// mandatoryOf are the channels of a topic that cannot be switched off.
func mandatoryOf(topic NotificationTopic) []Channel {
	for _, d := range topicDefaults {
		if d.topic == topic {
			return d.mandatory
		}
	}
	return nil
}

func containsAll(given, wanted []Channel) bool {
	for _, w := range wanted {
		if !slices.Contains(given, w) {
			return false
		}
	}
	return true
}

// joined lists channels once, in the order in which preferences show them.
func joined(given []Channel) string {
	var names []string
	for _, c := range channels {
		if slices.Contains(given, c) {
			names = append(names, string(c))
		}
	}
	return strings.Join(names, ",")
}

func asChannels(names []string) []Channel {
	all := make([]Channel, len(names))
	for i, n := range names {
		all[i] = Channel(n)
	}
	return all
}

// maxZone bounds the name of a time zone; the longest of the database has 32 characters.
const maxZone = 64

func unknownZone(zone string) *fault.Error {
	return fault.Localized(fault.Invalid, "notification.time_zone", message.Args{"zone": zone})
}

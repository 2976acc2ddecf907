package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/optional"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/graph/gen"
)

// changeOf is nil for an absent value, which stays unchanged, and empty for
// null, which removes it.
func changeOf(in graphql.Omittable[*string]) *string {
	if !in.IsSet() {
		return nil
	}
	value := optional.Value(in.Value())
	return &value
}

// preferencesChangeOf distinguishes an absent value, which stays unchanged, from null.
func preferencesChangeOf(in gen.NotificationPreferencesInput) user.PreferencesChange {
	change := user.PreferencesChange{SetQuietHours: in.QuietHours.IsSet(), QuietHours: in.QuietHours.Value()}
	for _, t := range in.Topics.Value() {
		change.Topics = append(change.Topics, user.TopicPreference{Topic: t.Topic, Channels: t.Channels})
	}
	return change
}

package event

// A Topic is a Kafka topic. Its version changes only with an incompatible
// change.
type Topic string

// The topics.
const (
	Users           Topic = "user.events.v1"
	Products        Topic = "product.events.v1"
	ProductStates   Topic = "product.snapshots.v1"
	Carts           Topic = "cart.events.v1"
	Orders          Topic = "order.events.v1"
	Payments        Topic = "payment.events.v1"
	Inventory       Topic = "inventory.events.v1"
	InventoryLevels Topic = "inventory.levels.v1"
	Audit           Topic = "audit.events.v1"
	Notifications   Topic = "notification.events.v1"
)

// TopicConfig declares a topic.
type TopicConfig struct {
	Topic      Topic
	Partitions int32
	Compacted  bool // keeps the last record of each key for ever, instead of limits.EventRetention
}

// Topics declares every topic that is in use.
func Topics() []TopicConfig {
	return []TopicConfig{
		{Users, 6, false},
		{Products, 6, false},
		{ProductStates, 6, true},
		{Carts, 6, false},
		{Orders, 12, false},
		{Payments, 12, false},
		{Inventory, 12, false},
		{InventoryLevels, 6, true},
		{Audit, 6, false},
		{Notifications, 6, false},
	}
}

// Stateful is a Payload that changes what it is about. Its state, the payload of a
// compacted topic, is stored with it.
type Stateful interface {
	Payload
	State() Payload
}

// DeadLetters is the topic of events that a consumer group could not handle.
func (t Topic) DeadLetters(group string) Topic { return t + "." + Topic(group) + ".dlq" }

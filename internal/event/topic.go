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
	Shipping        Topic = "shipping.events.v1"
	Webhooks        Topic = "webhook.events.v1"
	Logs            Topic = "logs.v1"
)

// TopicConfig declares a topic.
type TopicConfig struct {
	Topic      Topic
	Partitions int32
	Compacted  bool // keeps the last record of each key for ever, instead of limits.EventRetention
	Short      bool // keeps records for limits.LogRetention
}

// Topics declares every topic that is in use.
func Topics() []TopicConfig {
	return []TopicConfig{
		{Topic: Users, Partitions: 6},
		{Topic: Products, Partitions: 6},
		{Topic: ProductStates, Partitions: 6, Compacted: true},
		{Topic: Carts, Partitions: 6},
		{Topic: Orders, Partitions: 12},
		{Topic: Payments, Partitions: 12},
		{Topic: Inventory, Partitions: 12},
		{Topic: InventoryLevels, Partitions: 6, Compacted: true},
		{Topic: Audit, Partitions: 6},
		{Topic: Notifications, Partitions: 6},
		{Topic: Shipping, Partitions: 12},
		{Topic: Webhooks, Partitions: 6},
		{Topic: Logs, Partitions: 6, Short: true},
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

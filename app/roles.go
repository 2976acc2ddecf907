package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"cartograph/consumers/inventory"
	inventorydb "cartograph/consumers/inventory/db"
	"cartograph/consumers/logs"
	logsdb "cartograph/consumers/logs/db"
	"cartograph/consumers/notification"
	notificationdb "cartograph/consumers/notification/db"
	"cartograph/consumers/searchindex"
	"cartograph/consumers/shipping"
	shippingdb "cartograph/consumers/shipping/db"
	"cartograph/consumers/webhook"
	webhookdb "cartograph/consumers/webhook/db"
	"cartograph/gatewaysim"
	"cartograph/internal/pg"
	"cartograph/router/serve"
	"cartograph/subgraphs/cart"
	cartdb "cartograph/subgraphs/cart/db"
	"cartograph/subgraphs/order"
	orderdb "cartograph/subgraphs/order/db"
	"cartograph/subgraphs/payment"
	paymentdb "cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/user"
	userdb "cartograph/subgraphs/user/db"
)

// A role is a part of the system that can run as a process of its own.
//
// A new role is a row of roles and a field of Services in this file, a file
// that builds it, its service in docker-compose.yml and its line in the README;
// tests compare the last two with the table.
type role struct {
	name        string
	description string
	port        int                   // default, of its listener and of a peer on this machine
	listen      func(*Config) *string // address to listen on; "" means the default port
	url         func(*Config) *string // base URL for its callers; nil if it has none
	subgraph    bool                  // one of the supergraph's, under its own name
	database    *database             // nil if it stores nothing
	needs       need
	demo        bool // its build calls fillDemo
	loopback    bool // listens on loopback unless an address is configured

	// build assembles the role from its parts and returns what it serves. Tasks,
	// consumers and cleanups are registered with the service.
	build func(context.Context, *service) (http.Handler, error)
}

// Services is the configuration of each role. The prefix of its variables is
// the role's name.
type Services struct {
	Router       serve.Settings      `envPrefix:"ROUTER_"`
	User         user.Config         `envPrefix:"USER_"`
	Product      product.Config      `envPrefix:"PRODUCT_"`
	Cart         cart.Config         `envPrefix:"CART_"`
	Order        order.Config        `envPrefix:"ORDER_"`
	Payment      payment.Config      `envPrefix:"PAYMENT_"`
	Inventory    inventory.Config    `envPrefix:"INVENTORY_"`
	Notification notification.Config `envPrefix:"NOTIFICATION_"`
	SearchIndex  searchindex.Config  `envPrefix:"SEARCHINDEX_"`
	Shipping     shipping.Config     `envPrefix:"SHIPPING_"`
	Webhook      webhook.Config      `envPrefix:"WEBHOOK_"`
	Logging      logs.Config         `envPrefix:"LOGGING_"`
	GatewaySim   gatewaysim.Config   `envPrefix:"GATEWAYSIM_"`
}

// Peers are the base URLs of roles that others call. A role in the same process
// has the URL of its listener; otherwise the default is its port on this machine.
type Peers struct {
	Router    string `env:"ROUTER_URL"`
	User      string `env:"USER_URL"`
	Product   string `env:"PRODUCT_URL"`
	Cart      string `env:"CART_URL"`
	Order     string `env:"ORDER_URL"`
	Payment   string `env:"PAYMENT_URL"`
	Inventory string `env:"INVENTORY_URL"`
	Webhook   string `env:"WEBHOOK_URL"`

	Notification string `env:"NOTIFICATION_URL"`
}

const routerRole = "router"

// roles in the order of `cartograph help`. Nothing depends on it: every role
// tolerates peers that start after it.
func roles() []role {
	return []role{
		{
			name: routerRole, description: "the graph that clients see", port: 4000,
			listen: func(c *Config) *string { return &c.Router.Listen },
			url:    func(c *Config) *string { return &c.Router.PublicURL },
			build:  buildRouter,
		},
		{
			name: "user", description: "the user subgraph: accounts, sessions, addresses", port: 4001, needs: needsKafka,
			listen:   func(c *Config) *string { return &c.User.Listen },
			url:      func(c *Config) *string { return &c.Peers.User },
			subgraph: true,
			database: &database{
				url:     func(c *Config) *string { return &c.User.DatabaseURL },
				migrate: migrations(userdb.Migrations),
			},
			demo:  true,
			build: buildUser,
		},
		{
			name: "product", description: "the product subgraph: catalogue and search", port: 4002, needs: needsKafka,
			listen:   func(c *Config) *string { return &c.Product.Listen },
			url:      func(c *Config) *string { return &c.Peers.Product },
			subgraph: true,
			database: &database{
				url:     func(c *Config) *string { return &c.Product.DatabaseURL },
				migrate: migrateProduct, options: []pg.Option{pg.PlanByValue},
			},
			demo:  true,
			build: buildProduct,
		},
		{
			name: "cart", description: "the cart subgraph: what customers intend to buy", port: 4003, needs: needsKafka | needsRedis,
			listen:   func(c *Config) *string { return &c.Cart.Listen },
			url:      func(c *Config) *string { return &c.Peers.Cart },
			subgraph: true,
			database: &database{
				url:     func(c *Config) *string { return &c.Cart.DatabaseURL },
				migrate: migrations(cartdb.Migrations),
			},
			build: buildCart,
		},
		{
			name: "order", description: "the order subgraph: checkouts, orders, the purchase saga", port: 4004, needs: needsKafka,
			listen:   func(c *Config) *string { return &c.Order.Listen },
			url:      func(c *Config) *string { return &c.Peers.Order },
			subgraph: true,
			database: &database{
				url:     func(c *Config) *string { return &c.Order.DatabaseURL },
				migrate: migrations(orderdb.Migrations),
			},
			build: buildOrder,
		},
		{
			name: "payment", description: "the payment subgraph: money and its ledger", port: 4005, needs: needsKafka,
			listen:   func(c *Config) *string { return &c.Payment.Listen },
			url:      func(c *Config) *string { return &c.Peers.Payment },
			subgraph: true,
			database: &database{
				url:     func(c *Config) *string { return &c.Payment.DatabaseURL },
				migrate: migrations(paymentdb.Migrations),
			},
			build: buildPayment,
		},
		{
			name: "inventory", description: "stock and holds", port: 4006, needs: needsKafka,
			listen: func(c *Config) *string { return &c.Inventory.Listen },
			url:    func(c *Config) *string { return &c.Peers.Inventory },
			database: &database{
				url:     func(c *Config) *string { return &c.Inventory.DatabaseURL },
				migrate: migrations(inventorydb.Migrations),
			},
			demo:  true,
			build: buildInventory,
		},
		{
			name: "notification", description: "mails, and the page that ends them", port: 4007, needs: needsKafka,
			listen: func(c *Config) *string { return &c.Notification.Listen },
			url:    func(c *Config) *string { return &c.Peers.Notification },
			database: &database{
				url:     func(c *Config) *string { return &c.Notification.DatabaseURL },
				migrate: migrations(notificationdb.Migrations),
			},
			build: buildNotification,
		},
		{
			name: "searchindex", description: "keeps search documents current", port: 4008, needs: needsKafka,
			listen: func(c *Config) *string { return &c.SearchIndex.Listen },
			database: &database{
				url: func(c *Config) *string { return &c.SearchIndex.DatabaseURL }, owner: "product",
				migrate: migrateSearch, options: []pg.Option{pg.PlanByValue},
			},
			build: buildSearchIndex,
		},
		{
			name: "webhook", description: "delivers events to partners", port: 4009, needs: needsKafka,
			listen: func(c *Config) *string { return &c.Webhook.Listen },
			url:    func(c *Config) *string { return &c.Peers.Webhook },
			database: &database{
				url:     func(c *Config) *string { return &c.Webhook.DatabaseURL },
				migrate: migrations(webhookdb.Migrations),
			},
			build: buildWebhook,
		},
		{
			name: loggingRole, description: "stores the log records of all roles", port: 4012, needs: needsKafka,
			listen: func(c *Config) *string { return &c.Logging.Listen },
			database: &database{
				url:     func(c *Config) *string { return &c.Logging.DatabaseURL },
				migrate: migrations(logsdb.Migrations), options: []pg.Option{pg.PlanByValue},
			},
			build: buildLogging,
		},
		{
			name: "shipping", description: "labels and tracking of parcels, by a simulated carrier", port: 4011, needs: needsKafka,
			listen: func(c *Config) *string { return &c.Shipping.Listen },
			database: &database{
				url:     func(c *Config) *string { return &c.Shipping.DatabaseURL },
				migrate: migrations(shippingdb.Migrations),
			},
			build: buildShipping,
		},
		{
			name: "gatewaysim", description: "simulates the payment gateway", port: 4010, loopback: true,
			listen: func(c *Config) *string { return &c.GatewaySim.Listen },
			url:    func(c *Config) *string { return &c.Payment.Gateway.URL },
			database: &database{
				url:     func(c *Config) *string { return &c.GatewaySim.DatabaseURL },
				migrate: migrations(gatewaysim.Migrations),
			},
			build: buildGatewaySim,
		},
	}
}

// choose returns the named roles, all of them for no name.
func choose(names []string) ([]role, error) {
	all := roles()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []role
	for n, name := range names {
		i := slices.IndexFunc(all, func(r role) bool { return r.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no role %q; there are: %s", name, strings.Join(Names(), ", "))
		}
		if slices.Index(names, name) < n {
			return nil, fmt.Errorf("role %q is named twice", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// Names lists every role.
func Names() []string {
	var names []string
	for _, r := range roles() {
		names = append(names, r.name)
	}
	return names
}

// Usage describes every role, a line each.
func Usage() string {
	var b strings.Builder
	for _, r := range roles() {
		fmt.Fprintf(&b, "  %-13s %s (port %d)\n", r.name, r.description, r.port)
	}
	return b.String()
}

-- One database per service, made at the first start of the container.
CREATE DATABASE cartograph_user;
CREATE DATABASE cartograph_product;
CREATE DATABASE cartograph_cart;
CREATE DATABASE cartograph_order;
CREATE DATABASE cartograph_payment;
CREATE DATABASE cartograph_inventory;
CREATE DATABASE cartograph_notification;
CREATE DATABASE cartograph_webhook;
CREATE DATABASE cartograph_shipping;
CREATE DATABASE cartograph_logging;
CREATE DATABASE cartograph_gatewaysim;

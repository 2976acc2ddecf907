// Package embedded runs the infrastructure of the shop (Kafka, Redis, and below
// this package Postgres and a mail catcher) in or beside this process, so that
// one command starts everything on a machine where nothing is installed.
//
// Each implements the real protocol on a loopback address and stores its data
// in a folder, so that clients need only another URL. The app package decides
// which of them to start.
package embedded

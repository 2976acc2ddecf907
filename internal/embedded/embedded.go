// Package embedded holds stand-ins for the services around us, so that one
// command starts the whole shop on a machine where nothing is installed.
//
// They speak the real protocols on loopback addresses and keep what they are
// told in a folder: only the address in the configuration tells them from the
// real ones. Postgres and the mail catcher are packages of their own below
// this one. Which of them are needed is the application's decision.
package embedded

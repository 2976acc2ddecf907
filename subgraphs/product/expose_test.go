package product

// NotifyWatchers notifies the watchers of what an event is about, as RunWatch does.
var NotifyWatchers = (*Service).notifyWatchers

package router

// Usage is what an operation took.
type Usage struct {
	Operation string // its name; empty for none
	Cost      int
	Failed    bool // in part or as a whole
}

package subgraph

// Keys reads a key of each representation of an entity, in their order.
func Keys[R any](representations []R, key func(R) string) []string {
	keys := make([]string, len(representations))
	for i, r := range representations {
		keys[i] = key(r)
	}
	return keys
}

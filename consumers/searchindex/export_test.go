package searchindex

// AgeStatement is the statement of Backlog.Age.
func AgeStatement(embedded bool) string {
	if embedded {
		return ageInEmbedded
	}
	return ageInIndex
}

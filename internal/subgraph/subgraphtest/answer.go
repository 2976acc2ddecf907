package subgraphtest

// Answer is what came back. Data is decoded JSON.
type Answer struct {
	Data   any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	Status int    `json:"-"`
	Body   string `json:"-"` // as it was sent
}

// Codes are the errors' codes, in their order.
func (a Answer) Codes() []string {
	var codes []string
	for _, e := range a.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
	}
	return codes
}

// At follows a path of names and indexes into the data; nil where it leads
// nowhere.
func (a Answer) At(path ...any) any { return At(a.Data, path...) }

// At follows a path of names and indexes into decoded JSON; nil where it leads
// nowhere.
func At(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step < 0 || step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

package upstream

import "testing"

func TestOnlyQueriesOfTheEngineAreRetried(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"query":"{me {id}}"}`:                                         true,
		`{"query":"query($a: Int){a}"}`:                                 true,
		`{"variables":{},"query":"{me}"}`:                               true,
		`{"query":"query{a}","variables":{"q":"\"query\":\"mutation"}}`: true,
		`{"query":"mutation{a}"}`:                                       false,
		`{"variables":{"query":"{a"},"query":"mutation($a: A){a}"}`:     false,
		`{"query":"subscription{a}"}`:                                   false,
		``:                                                              false,
	} {
		if got := isQuery([]byte(body)); got != want {
			t.Errorf("isQuery(%s) = %v", body, got)
		}
	}
}

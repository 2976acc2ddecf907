package order

import "testing"

func TestANumberIsReadAsBuyersTypeIt(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"CG-7K3M9Q": "CG-7K3M9Q", "cg-7k3m9q": "CG-7K3M9Q", "CG7K3M9Q": "CG-7K3M9Q", "7k3m9q": "CG-7K3M9Q",
		" cg 7k3 m9q ": "CG-7K3M9Q", "CG–7K3M9Q": "CG-7K3M9Q", "#CG-7K3M9Q.": "CG-7K3M9Q", "Order no. CG-7K3M9Q": "CG-7K3M9Q",
		"ＣＧ－７Ｋ３Ｍ９Ｑ": "CG-7K3M9Q", "CG\u00a07K3M9Q": "CG-7K3M9Q",
		"cgcg2345": "CG-CG2345", "cg2345": "CG-CG2345", "CG-23CG45": "CG-23CG45", // the prefix may be a part of the number
		"CG-7K3M9": "CG-7K3M9", "CG-7K3M9O": "CG-7K3M9O", "CG-7K3M91": "CG-7K3M91", "": "", "ord_1": "ord_1", "%": "%",
	} {
		if got := numberOf(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
	for range 100 {
		if n := newNumber(); numberOf(n) != n {
			t.Errorf("%s is read as %s", n, numberOf(n))
		}
	}
}

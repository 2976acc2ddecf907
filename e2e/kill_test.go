package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cartograph/app"
	"cartograph/internal/embedded/postgres"
)

// TestKillingTheProgramLosesNothing runs the built binary, kills it with -9
// between the steps of purchases and in the middle of some, restarts it on the
// same data, and continues the purchase.
func TestKillingTheProgramLosesNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts the binary several times")
	}
	p := &program{binary: build(t), dir: t.TempDir(), env: []string{"DEMO=true"}}
	p.start(t)
	defer p.kill(t)

	s := p.system(t)
	s.awaitEvents(t)
	c := s.register(t, "kit")
	variant := s.buyable(t, 50)
	p.restart(t)

	c.url = p.GraphQL
	cartID := c.add(t, variant, 2)
	p.restart(t)

	c.url = p.GraphQL
	checkout := c.checkout(t, cartID)
	p.restart(t)

	c.url = p.GraphQL
	placed := c.place(t, checkout, "tok_ok")
	p.restart(t)

	c.url = p.GraphQL
	c.await(t, placed.str("order.id"), "CONFIRMED")
	c.awaitEmptyCart(t)

	for i, delay := range []time.Duration{0, 5 * time.Millisecond, 15 * time.Millisecond, 40 * time.Millisecond, 100 * time.Millisecond} {
		t.Run(fmt.Sprintf("while placing, after %s", delay), func(t *testing.T) {
			c.url = p.GraphQL
			checkout := c.checkout(t, c.add(t, variant, 1))
			key := fmt.Sprint("killed-", i)
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				_, _ = c.send(ctx, orderPlace, placement(checkout, "tok_ok", key)) // fails with the server
			}()
			time.Sleep(delay) // the moment of the kill, not a wait for a condition
			p.restart(t)
			cancel()
			<-gone
			c.url = p.GraphQL
			data := c.do(t, orderPlace, placement(checkout, "tok_ok", key))
			orderID := data.str("orderPlace.order.id")
			if orderID == "" {
				t.Fatalf("placing again with the same key: %v", data)
			}
			c.await(t, orderID, "CONFIRMED")
			c.awaitEmptyCart(t)
		})
	}
	checkInvariants(t, p.system(t))
}

// program is a cartograph binary with a data folder.
type program struct {
	app.Endpoints
	binary, dir string
	env         []string // beside this process's
	cmd         *exec.Cmd
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "cartograph")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "cartograph/cmd/cartograph").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

var playground = regexp.MustCompile(`GraphQL\s+(http://\S+/graphql)`)

// start runs the program and reads its endpoints from the banner.
func (p *program) start(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(p.binary, "--listen", "127.0.0.1:0", "--data", p.dir)
	p.cmd.Env = append(append(os.Environ(), "LOG_LEVEL=warn"), p.env...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := playground.FindStringSubmatch(lines.Text()); m != nil {
			p.GraphQL = m[1]
		}
		if strings.Contains(lines.Text(), "Ctrl-C") {
			return
		}
	}
	t.Fatal("the program exited before it was ready")
}

// run runs a command beside the started program, on the same data.
func (p *program) run(t *testing.T, input string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.binary, append(args, "--data", p.dir)...)
	cmd.Env = append(append(os.Environ(), "LOG_LEVEL=warn"), p.env...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("cartograph %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (p *program) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = p.cmd.Wait() // killed: reported
	http.DefaultClient.CloseIdleConnections()
}

func (p *program) restart(t *testing.T) {
	t.Helper()
	p.kill(t)
	p.start(t)
}

// system connects to the program's databases.
func (p *program) system(t *testing.T) *system {
	t.Helper()
	cluster, err := postgres.Attach(filepath.Join(p.dir, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	s := &system{Endpoints: p.Endpoints}
	s.cfg.DataDir = p.dir
	s.cfg.Product.DatabaseURL = cluster.URL("cartograph_product")
	s.cfg.Inventory.DatabaseURL = cluster.URL("cartograph_inventory")
	s.cfg.Payment.DatabaseURL = cluster.URL("cartograph_payment")
	s.cfg.Order.DatabaseURL = cluster.URL("cartograph_order")
	return s
}

// approve submits the bank's challenge page.
func approve(t *testing.T, page string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader("outcome=approve"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		t.Fatalf("the bank's page answered %s", res.Status)
	}
}

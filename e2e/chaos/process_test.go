//go:build linux

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs until it is killed, and can be started again.
type process struct {
	name    string
	command func() *exec.Cmd
	ready   func(context.Context) bool
	log     *os.File // standard error of all its lives
	// environment is added to that of the next life.
	environment []string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	ends   []string // how it ended by itself
}

// newProcess makes a process that is not started. It ends with the test.
func newProcess(t *testing.T, dir, name string, ready func(context.Context) bool, command func() *exec.Cmd) *process {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{name: name, command: command, ready: ready, log: log}
	t.Cleanup(func() {
		p.kill()
		_ = log.Close()
	})
	return p
}

func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd := p.command()
	cmd.Env = append(cmd.Env, p.environment...)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	// It must not outlive this program, even if that is killed. The signal is sent when
	// the thread that forked ends, so the goroutine below keeps its thread.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, exited := make(chan error), make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		runtime.LockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			p.ended(cmd, cmd.Wait())
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	return nil
}

func (p *process) ended(cmd *exec.Cmd, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == cmd { // no fault ended it
		p.ends = append(p.ends, fmt.Sprint(err))
	}
}

// end sends a signal that ends the process, and waits until it has.
func (p *process) end(signal os.Signal) time.Duration {
	p.mu.Lock()
	cmd, exited := p.cmd, p.exited
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return 0
	}
	began := time.Now()
	_ = cmd.Process.Signal(signal) // an error means that it has exited
	<-exited
	return time.Since(began)
}

func (p *process) kill() { p.end(os.Kill) }

// pause stops a process without ending it.
func (p *process) pause() (mend, error) {
	p.mu.Lock()
	cmd := p.cmd
	p.mu.Unlock()
	if cmd == nil {
		return func(context.Context) error { return nil }, nil
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return nil, err
	}
	return func(context.Context) error {
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil && p.running() {
			return err
		}
		return nil
	}, nil
}

func (p *process) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.exited:
		return false
	default:
		return p.cmd != nil
	}
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// crashes are the ends that no fault caused.
func (p *process) crashes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends
}

// restart starts a process again that has ended by itself, as a supervisor does.
func (p *process) restart() error {
	if p.running() {
		return nil
	}
	return p.start()
}

// await waits until the process is ready.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !p.ready(ctx) {
		select {
		case <-p.exited:
			return fmt.Errorf("%s exited before it was ready; see %s", p.name, p.log.Name())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after a minute", p.name)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// serves is a check of /readyz at an address.
func serves(address string) func(context.Context) bool {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", http.NoBody)
		if err != nil {
			return false
		}
		res, err := client.Do(req)
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
}

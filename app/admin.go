package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"cartograph/internal/outbox"
	"cartograph/subgraphs/user"
)

// administration are the flags of `cartograph admin`.
type administration struct{ email, name, userID string }

func (a *administration) flags(flags *flag.FlagSet) {
	flags.StringVar(&a.email, "email", "", "")
	flags.StringVar(&a.name, "name", "Administrator", "")
	flags.StringVar(&a.userID, "user", "", "")
}

// run creates an administrator with a password from the terminal, or from the first
// line of standard input: arguments are visible to other users of the machine. Or it
// resets a second factor, which the last administrator can lose as well.
func (a *administration) run(ctx context.Context, cfg Config, words []string, in *os.File, out, prompts io.Writer, log *slog.Logger) error {
	creates, resets := slices.Equal(words, []string{"create"}) && a.email != "", slices.Equal(words, []string{"reset-second-factor"}) && a.userID != ""
	if !creates && !resets {
		return errors.New("admin: create --email ADDRESS, or reset-second-factor --user ID, is expected")
	}
	databases, err := openDatabases(ctx, cfg, slices.DeleteFunc(roles(), func(r role) bool { return r.name != "user" }))
	if err != nil {
		return err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	pool := databases.pools["user"]
	if pool == nil {
		return errors.New("the user role has no database: set USER_DATABASE_URL")
	}
	users := user.NewService(pool, outbox.New(pool), log)
	if resets {
		if _, err := users.ResetSecondFactor(ctx, a.userID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s signs in without a second factor now.\n", a.userID)
		return err
	}
	password, err := readPassword(in, prompts)
	if err != nil {
		return err
	}
	admin, err := users.CreateAdmin(ctx, user.Registration{
		Email: a.email, Password: password, DisplayName: a.name, Locale: "en-US",
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is an administrator (%s). Sign in with userLogin.\n", *admin.Email(), admin.ID)
	return err
}

// readPassword reads a password twice from a terminal, without showing it, or once
// from a file or pipe.
func readPassword(in *os.File, prompts io.Writer) (string, error) {
	if !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		_, _ = fmt.Fprint(prompts, prompt)
		line, err := term.ReadPassword(int(in.Fd()))
		_, _ = fmt.Fprintln(prompts)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ")
	}
	return typed[0], nil
}

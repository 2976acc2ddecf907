package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"connectrpc.com/connect"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/event"
	"cartograph/internal/fault"
)

func TestOnlyTheEventsOwnFaultIsADeadLetter(t *testing.T) {
	t.Parallel()
	_, invalid := event.Parse([]byte("{broken"))
	for name, own := range map[error]bool{
		invalid:                                                            true,
		fault.New(fault.Invalid, "no lines"):                               true,
		fault.New(fault.NotFound, "no order"):                              true,
		errors.New("panic: index out of range"):                            true,
		fault.New(fault.Unavailable, "not now"):                            false,
		fault.New(fault.RateLimited, "later"):                              false,
		&net.OpError{Op: "dial", Err: errors.New("refused")}:               false,
		io.ErrUnexpectedEOF:                                                false,
		context.DeadlineExceeded:                                           false,
		&os.PathError{Op: "write", Err: syscall.ENOSPC}:                    false,
		connect.NewError(connect.CodeInternal, errors.New("disk full")):    false,
		connect.NewError(connect.CodeUnimplemented, errors.New("too new")): false,
	} {
		if got := isEventsFault(fmt.Errorf("handle: %w", name)); got != own {
			t.Errorf("%v is the event's fault: %t, want %t", name, got, own)
		}
	}
	for code, own := range map[string]bool{
		"22001": true,                  // string_data_right_truncation
		"22012": true,                  // division_by_zero
		"22P02": true,                  // invalid_text_representation
		"23502": true,                  // not_null_violation
		"23503": true,                  // foreign_key_violation
		"23505": true,                  // unique_violation
		"23514": true,                  // check_violation
		"54000": true,                  // program_limit_exceeded, such as an index row that is too large
		"P0001": true,                  // raise_exception
		"ROWS1": true,                  // expect_rows
		"08006": false, "08P01": false, // connection
		"25006": false,                                 // read_only_sql_transaction
		"28P01": false,                                 // invalid_password, while it is changed
		"3D000": false,                                 // the database does not exist
		"40001": false, "40P01": false, "40003": false, // rolled back because of others
		"42P01": false, "42703": false, "42501": false, // a migration or a grant is missing
		"53000": false, "53100": false, "53200": false, "53300": false, "53400": false, // resources
		"55P03": false, "55000": false, // a lock is not available, not in the state for it
		"57014": false, "57P01": false, "57P02": false, "57P03": false, "57P05": false, // stopped by an operator
		"58000": false, "58030": false, "58P01": false, // system, such as I/O
		"F0000": false, "XX000": false, "XX001": false, "XX002": false, // corrupted
	} {
		if got := isEventsFault(fmt.Errorf("handle: %w", &pgconn.PgError{Code: code})); got != own {
			t.Errorf("SQLSTATE %s is the event's fault: %t, want %t", code, got, own)
		}
	}
}

package user

import (
	"fmt"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"cartograph/internal/fault"
	"cartograph/subgraphs/user/db"
)

// QuietHours are when notifications that are not urgent wait: from a time of the day to
// another one, which may be of the next day.
type QuietHours struct {
	Start    string // 22:00
	End      string
	TimeZone string // Europe/Vienna
}

const minutesOfDay = 24 * 60

// checked are the hours as they are stored, if nothing is wrong with them.
func (h QuietHours) checked(c *checks) *db.SetQuietHoursParams {
	start, startOK := minuteOf(h.Start)
	end, endOK := minuteOf(h.End)
	badTime := fault.Localized(fault.Invalid, "notification.clock_time")
	if !startOK {
		c.add(badTime, "input", "quietHours", "start")
	}
	if !endOK {
		c.add(badTime, "input", "quietHours", "end")
	}
	if startOK && endOK && start == end {
		c.add(fault.Localized(fault.Invalid, "notification.quiet_hours_end"), "input", "quietHours", "end")
	}
	if zone := h.TimeZone; !isZone(zone) {
		if len(zone) > maxZone {
			zone = ""
		}
		c.add(unknownZone(zone), "input", "quietHours", "timeZone")
	}
	return &db.SetQuietHoursParams{StartMinute: start, EndMinute: end, TimeZone: h.TimeZone}
}

// isZone reports whether the name is of the time zone database. The zone of the machine
// is nobody's choice.
func isZone(name string) bool {
	if name == "" || name == "Local" || len(name) > maxZone {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func minuteOf(clock string) (int16, bool) {
	t, err := time.Parse("15:04", clock)
	if err != nil || len(clock) != len("15:04") {
		return 0, false
	}
	return int16(t.Hour()*60 + t.Minute()), true //nolint:gosec // at most 1439
}

func clockTime(minute int16) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// Until is when the quiet hours end that a moment falls into; false outside of them.
// Both ends are times of the user's clock, so that a night in which it changes is an
// hour shorter or longer. An end that the clock skips is the first minute after the
// gap, and of one that it shows twice the first.
func (h QuietHours) Until(now time.Time) (time.Time, bool) {
	zone, err := time.LoadLocation(h.TimeZone)
	start, startOK := minuteOf(h.Start)
	end, endOK := minuteOf(h.End)
	if err != nil || !startOK || !endOK {
		return time.Time{}, false // a zone that the database of another version had
	}
	quiet := func(at time.Time) bool {
		m := int16(at.Hour()*60 + at.Minute()) //nolint:gosec // at most 1439
		if start < end {
			return start <= m && m < end
		}
		return m >= start || m < end
	}
	if !quiet(now.In(zone)) {
		return time.Time{}, false
	}
	// Minute by minute: a calculated end may not exist on that day, or exist twice.
	until := now.Truncate(time.Minute)
	for range 2 * minutesOfDay {
		if until = until.Add(time.Minute); !quiet(until.In(zone)) {
			break
		}
	}
	return until.UTC(), true
}

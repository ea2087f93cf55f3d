# Prints the times of schedules, computed with Python's zoneinfo and the golden list of sessions alone.
# usage: three_years.py SPEC.json CALENDARS.json, writes "id seconds…" lines
import datetime as dt
import json
import sys
import zoneinfo

UTC = dt.timezone.utc
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
WORDS = {"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6, "FEB": 2, "DEC": 12}
RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]

spec = json.load(open(sys.argv[1]))
golden = json.load(open(sys.argv[2]))["calendars"]
start = dt.datetime.fromisoformat(spec["start"].replace("Z", "+00:00"))
end = dt.datetime.fromisoformat(spec["end"].replace("Z", "+00:00"))


def sessions(market):
    """Dates with their open and close in UTC, from lines such as `2024-01-02 14:30 21:00`."""
    for line in golden[market]["sessions_utc"]:
        date, first, last = line.split()
        yield dt.date.fromisoformat(date), at(date, first), at(date, last)


def at(date, clock):
    return dt.datetime.fromisoformat(f"{date}T{clock}:00+00:00")


def instant(local, zone):
    """The first instant at which clocks show a local time; of a skipped one, the first at which they show more."""
    time = local.replace(tzinfo=zone).astimezone(UTC)
    if time.astimezone(zone).replace(tzinfo=None) == local:
        return time
    time = (local - DAY).replace(tzinfo=zone).astimezone(UTC)
    while time.astimezone(zone).replace(tzinfo=None) < local:
        time += MINUTE
    return time


def numbers(text, low, high):
    found = set()
    for piece in text.split(","):
        span, _, step = piece.partition("/")
        if span == "*":
            first, last = low, high
        else:
            ends = [WORDS[end] if end in WORDS else int(end) for end in span.split("-")]
            first, last = ends[0], ends[-1]
        found.update(range(first, last + 1, int(step or 1)))
    return found


def cron(entry):
    zone = zoneinfo.ZoneInfo(entry["zone"])
    parts = entry["line"].split()
    minutes, hours, days, months, weekdays = [numbers(p, *r) for p, r in zip(parts, RANGES)]
    allowed = {date for date, _, _ in sessions(entry["onlyOn"])} if entry.get("onlyOn") else None
    date = start.date() - 2 * DAY
    while date <= end.date() + 2 * DAY:
        day, weekday = date.day in days, date.isoweekday() % 7 in weekdays
        both = parts[2] != "*" and parts[4] != "*"
        if date.month in months and (day or weekday if both else day and weekday):
            if allowed is None or date in allowed:
                for hour in hours:
                    for minute in minutes:
                        yield instant(dt.datetime.combine(date, dt.time(hour, minute)), zone)
        date += DAY


def span(text):
    total, number = dt.timedelta(), ""
    for letter in text:
        if letter.isdigit():
            number += letter
        else:
            total += int(number) * {"h": dt.timedelta(hours=1), "m": MINUTE}[letter]
            number = ""
    return total


def session(entry):
    zone = zoneinfo.ZoneInfo(golden[entry["market"]]["timezone"])
    chosen = list(sessions(entry["market"]))
    kind = entry["session"]
    if kind != "every":
        def group(row):
            return row[0].isocalendar()[:2] if kind.endswith("week") else (row[0].year, row[0].month)
        groups = {}
        for row in chosen:
            groups.setdefault(group(row), []).append(row)
        chosen = [rows[0] if kind.startswith("first") else rows[-1] for rows in groups.values()]
    for date, first, last in chosen:
        words = entry["at"].split()
        if words[0] in ("open", "close"):
            time = first if words[0] == "open" else last
            if len(words) == 3:
                time += span(words[2]) if words[1] == "+" else -span(words[2])
            yield time
        else:
            yield instant(dt.datetime.combine(date, dt.time.fromisoformat(entry["at"])), zone)


for entry in spec["crons"] + spec["sessions"]:
    times = set(cron(entry) if "line" in entry else session(entry))
    kept = sorted(int(time.timestamp()) for time in times if start <= time < end)
    print(entry["id"], *kept)

"""Makes expressions.json: random typed expressions with values computed here, apart from the program.

Usage: python3 make_expressions.py > expressions.json. The seed is fixed, so the file changes only with this script.
Numbers are whole multiples of 1e-8 in unbounded integers; products and quotients round half to even.
"""

import json
import random
from datetime import date, datetime, timedelta, timezone

SCALE = 10**8
INT64 = 2**63
HELD = 10**37  # units: what a stored decimal may reach
DAY = 86_400 * 10**9
UNITS = [("d", DAY), ("h", 3_600 * 10**9), ("m", 60 * 10**9), ("s", 10**9), ("ms", 10**6), ("ns", 1)]
PRECEDENCE = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3, "+": 4, "-": 4, "*": 5, "/": 5}
FIELDS = {"int": "number", "decimal": "decimal", "percent": "percent", "money": "money", "duration": "when",
          "date": "day", "timestamp": "at", "bool": "flag", "text": "text"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Failure(Exception):
    """A value that cannot be computed, by its code."""


INPUTS = {
    "n": ("int", 7),
    "d": ("decimal", SCALE // 10),
    "p": ("percent", 25 * SCALE // 10),
    "m": ("money", 50_000 * SCALE),
    "w": ("duration", 5_400 * 10**9),
    "day": ("date", date(2026, 11, 20)),
    "at": ("timestamp", int((datetime(2026, 11, 20, 6, 30, tzinfo=timezone.utc) - EPOCH).total_seconds()) * 10**9),
    "l": ("list", [3, 1, 2]),
    "ds": ("dlist", [SCALE * 3 // 2, -SCALE, 0, SCALE // 3]),
}


def half_even(numerator, denominator):
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole % 2 == 1):
        whole += 1
    return whole


def held(units):
    if abs(units) >= HELD:
        raise Failure("overflow")
    return units


def int64(value):
    if not -INT64 <= value < INT64:
        raise Failure("overflow")
    return value


def truncated(a, b):
    if b == 0:
        raise Failure("division_by_zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


# An expression is (text, precedence, type, thunk). Atoms have precedence 9.


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.variables = []

    def wrap(self, node, minimum):
        text, precedence = node[0], node[1]
        return f"({text})" if precedence < minimum or (precedence < 9 and self.random.random() < 0.1) else text

    def binary(self, operator, left, right, kind, value):
        level = PRECEDENCE[operator]
        text = f"{self.wrap(left, level)} {operator} {self.wrap(right, level + 1)}"
        return (text, level, kind, value)

    def make(self, kind, depth):
        options = [option for option in getattr(self, kind)(depth) if option is not None]
        return self.random.choice(options)()

    def atom(self, text, kind, value):
        return lambda: (text, 9, kind, lambda env: value)

    def read(self, kind):
        names = [name for name, (type_, _) in INPUTS.items() if type_ == kind]
        return [self.atom(f"inputs.{name}", kind, INPUTS[name][1]) for name in names] + [
            (lambda name=name: (name, 9, kind, lambda env: env[name])) for name, type_ in self.variables if type_ == kind]

    def arithmetic(self, kind, left, right, operator, compute, depth):
        def build():
            a, b = self.make(left, depth - 1), self.make(right, depth - 1)
            return self.binary(operator, a, b, kind, lambda env: compute(a[3](env), b[3](env)))
        return build

    def negated(self, kind, depth, limit):
        def build():
            a = self.make(kind, depth - 1)
            return (f"-{self.wrap(a, 6)}", 6, kind, lambda env: limit(-a[3](env)))
        return build

    def int(self, depth):
        number = self.random.choice([0, 1, 2, 3, 5, 10, 97, 1_000_000, 9_223_372_036_854_775_807])
        options = self.read("int") + [self.atom(str(number), "int", number)]
        if depth > 0:
            options += [
                self.arithmetic("int", "int", "int", "+", lambda a, b: int64(a + b), depth),
                self.arithmetic("int", "int", "int", "-", lambda a, b: int64(a - b), depth),
                self.arithmetic("int", "int", "int", "*", lambda a, b: int64(a * b), depth),
                self.arithmetic("int", "int", "int", "/", lambda a, b: int64(truncated(a, b)), depth),
                self.negated("int", depth, int64), self.size(depth), self.element(depth), self.fold("int", depth)]
        return options

    def decimal(self, depth):
        units = self.random.choice([0, 1, 5, SCALE // 4, SCALE, 3 * SCALE // 2, 12_345_678_901, 99_999_999_999_999_999_999 * SCALE])
        options = self.read("decimal") + [self.atom(literal(units), "decimal", units)]
        if depth > 0:
            for left, right in [("decimal", "decimal"), ("decimal", "int"), ("int", "decimal")]:
                up = lambda kind, value: value * SCALE if kind == "int" else value
                options += [
                    self.arithmetic("decimal", left, right, "+", lambda a, b, l=left, r=right: held(up(l, a) + up(r, b)), depth),
                    self.arithmetic("decimal", left, right, "-", lambda a, b, l=left, r=right: held(up(l, a) - up(r, b)), depth),
                    self.arithmetic("decimal", left, right, "*", lambda a, b, l=left, r=right: held(half_even(up(l, a) * up(r, b), SCALE)), depth),
                    self.arithmetic("decimal", left, right, "/", lambda a, b, l=left, r=right: divided(up(l, a), up(r, b)), depth)]
            options += [self.arithmetic("decimal", "money", "money", "/", divided, depth),
                        self.arithmetic("decimal", "percent", "percent", "/", divided, depth),
                        self.negated("decimal", depth, held), self.fold("decimal", depth)]
        return options

    def percent(self, depth):
        options = self.read("percent")
        if depth > 0:
            options += [self.arithmetic("percent", "percent", "percent", "+", lambda a, b: held(a + b), depth),
                        self.arithmetic("percent", "percent", "int", "*", lambda a, b: held(half_even(a * b * SCALE, SCALE)), depth),
                        self.arithmetic("percent", "decimal", "percent", "*", lambda a, b: held(half_even(a * b, SCALE)), depth),
                        self.arithmetic("percent", "percent", "decimal", "/", divided, depth), self.negated("percent", depth, held)]
        return options

    def money(self, depth):
        options = self.read("money")
        if depth > 0:
            options += [self.arithmetic("money", "money", "money", "-", lambda a, b: held(a - b), depth),
                        self.arithmetic("money", "money", "percent", "*", lambda a, b: held(half_even(a * b, 100 * SCALE)), depth),
                        self.arithmetic("money", "decimal", "money", "*", lambda a, b: held(half_even(a * b, SCALE)), depth),
                        self.arithmetic("money", "money", "int", "/", lambda a, b: divided(a, b * SCALE), depth)]
        return options

    def duration(self, depth):
        text, seconds = self.random.choice([("30s", 30), ("2h", 7_200), ("1d12h", 129_600), ("90m", 5_400), ("3d", 259_200), ("0s", 0)])
        options = self.read("duration") + [self.atom(f'duration("{text}")', "duration", seconds * 10**9)]
        if depth > 0:
            options += [self.arithmetic("duration", "duration", "duration", "+", lambda a, b: int64(a + b), depth),
                        self.arithmetic("duration", "int", "duration", "*", lambda a, b: int64(a * b), depth),
                        self.arithmetic("duration", "duration", "int", "/", lambda a, b: int64(truncated(a, b)), depth),
                        self.arithmetic("duration", "date", "date", "-", lambda a, b: int64((a - b).days * DAY), depth)]
        return options

    def date(self, depth):
        day = self.random.choice([date(2026, 11, 20), date(2024, 2, 29), date(1970, 1, 1), date(2000, 12, 31)])
        options = self.read("date") + [self.atom(f'date("{day}")', "date", day)]
        if depth > 0:
            options += [self.arithmetic("date", "date", "duration", "+", moved, depth),
                        self.arithmetic("date", "date", "duration", "-", lambda a, b: moved(a, int64(-b)), depth)]
        return options

    def timestamp(self, depth):
        options = self.read("timestamp")
        if depth > 0:
            text, seconds = self.random.choice([("30s", 30), ("2h", 7_200), ("400d", 400 * 86_400)])
            span = (f'duration("{text}")', 9, "duration", lambda env: seconds * 10**9)
            def build(sign):
                base = self.make("timestamp", depth - 1)
                return self.binary("+" if sign > 0 else "-", base, span, "timestamp", lambda env: int64(base[3](env) + sign * span[3](env)))
            options += [lambda: build(1), lambda: build(-1)]
        return options

    def text(self, depth):
        word = self.random.choice(["", "a", "BUY", "é😀", "x y"])
        options = [self.atom(json.dumps(word, ensure_ascii=False), "text", word)]
        if depth > 0:
            options.append(self.arithmetic("text", "text", "text", "+", lambda a, b: a + b, depth))
        return options

    def list(self, depth):
        options = self.read("list")
        if depth > 0:
            def literal_list():
                parts = [self.make("int", depth - 1) for _ in range(self.random.randint(1, 3))]
                return ("[" + ", ".join(part[0] for part in parts) + "]", 9, "list", lambda env: [part[3](env) for part in parts])
            def joined():
                a, b = self.make("list", depth - 1), self.make("list", depth - 1)
                return self.binary("+", a, b, "list", lambda env: a[3](env) + b[3](env))
            options += [literal_list, joined, self.loop("filter", depth), self.loop("map", depth)]
        return options

    def dlist(self, depth):
        return self.read("dlist") + ([self.loop("dfilter", depth)] if depth > 0 else [])

    def loop(self, kind, depth):
        def build():
            source = "dlist" if kind == "dfilter" else "list"
            element = "decimal" if source == "dlist" else "int"
            # Two loops inside each other at most: three are refused for their cost.
            if len(self.variables) >= 2:
                return self.make("bool" if kind in ("exists", "all") else source, 0)
            base = self.make(source, depth - 1)
            name = f"v{len(self.variables)}"
            self.variables.append((name, element))
            body = self.make("int" if kind == "map" else "bool", depth - 1)
            self.variables.pop()
            method = "filter" if kind == "dfilter" else kind
            text = f"{self.wrap(base, 9)}.{method}({name}, {body[0]})"
            inner = lambda env, value: body[3]({**env, name: value})
            if kind == "map":
                return (text, 9, "list", lambda env: [inner(env, value) for value in base[3](env)])
            if method == "filter":
                return (text, 9, source, lambda env: [value for value in base[3](env) if inner(env, value)])
            test = any if kind == "exists" else all
            return (text, 9, "bool", lambda env: test(inner(env, value) for value in base[3](env)))
        return build

    def size(self, depth):
        def build():
            a = self.make(self.random.choice(["list", "text", "dlist"]), depth - 1)
            text = f"size({a[0]})" if self.random.random() < 0.5 else f"{self.wrap(a, 9)}.size()"
            return (text, 9, "int", lambda env: len(a[3](env)))
        return build

    def element(self, depth):
        def build():
            a, index = self.make("list", depth - 1), self.make("int", 0)
            def value(env):
                values, position = a[3](env), index[3](env)
                if not 0 <= position < len(values):
                    raise Failure("out_of_range")
                return values[position]
            return (f"{self.wrap(a, 9)}[{index[0]}]", 9, "int", value)
        return build

    def fold(self, kind, depth):
        def build():
            name = self.random.choice(["sum", "min", "max"])
            a = self.make("list" if kind == "int" else "dlist", depth - 1)
            def value(env):
                values = a[3](env)
                if name == "sum":
                    total = 0
                    for one in values:
                        total = int64(total + one) if kind == "int" else held(total + one)
                    return total
                if not values:
                    raise Failure("empty")
                return min(values) if name == "min" else max(values)
            return (f"{name}({a[0]})", 9, kind, value)
        return build

    def bool(self, depth):
        options = self.read("bool") + [self.atom("true", "bool", True), self.atom("false", "bool", False)]
        if depth > 0:
            def compare():
                kind = self.random.choice(["int", "decimal", "money", "percent", "duration", "date", "timestamp", "text"])
                operator = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
                a, b = self.make(kind, depth - 1), self.make(kind, depth - 1)
                return self.binary(operator, a, b, "bool", lambda env: compared(operator, a[3](env), b[3](env)))
            def logic():
                operator = self.random.choice(["&&", "||"])
                a, b = self.make("bool", depth - 1), self.make("bool", depth - 1)
                if operator == "&&":
                    return self.binary(operator, a, b, "bool", lambda env: a[3](env) and b[3](env))
                return self.binary(operator, a, b, "bool", lambda env: a[3](env) or b[3](env))
            def inverted():
                a = self.make("bool", depth - 1)
                return (f"!{self.wrap(a, 6)}", 6, "bool", lambda env: not a[3](env))
            def member():
                a, b = self.make("int", depth - 1), self.make("list", depth - 1)
                return self.binary("in", a, b, "bool", lambda env: contains(a[3](env), b[3](env)))
            options += [compare, compare, logic, inverted, member, self.loop("exists", depth), self.loop("all", depth)]
        return options


def contains(value, values):
    return value in values


def compared(operator, a, b):
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[operator]


def divided(a, b):
    if b == 0:
        raise Failure("division_by_zero")
    return held(half_even(a * SCALE, b))


def moved(day, nanoseconds):
    if nanoseconds % DAY:
        raise Failure("not_whole_days")
    try:
        return day + timedelta(days=nanoseconds // DAY)
    except OverflowError:
        raise Failure("overflow") from None


def literal(units):
    whole, rest = divmod(units, SCALE)
    return f"{whole}.{rest:08d}".rstrip("0") + ("0" if rest == 0 else "")


def plain(units):
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), SCALE)
    return sign + (f"{whole}.{rest:08d}".rstrip("0").rstrip(".") if rest else str(whole))


def printed(kind, value):
    if kind == "bool":
        return "true" if value else "false"
    if kind == "decimal":
        return plain(value)
    if kind == "percent":
        return plain(value) + "%"
    if kind == "money":
        return plain(value) + " USD"
    if kind == "duration":
        text, rest = "", abs(value)
        for name, size in UNITS:
            if rest >= size:
                text += f"{rest // size}{name}"
                rest %= size
        return ("-" if value < 0 else "") + text if text else "0s"
    if kind == "timestamp":
        return (EPOCH + timedelta(seconds=value // 10**9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def main():
    cases, seen, seed = [], set(), 0
    failures = 0
    while len(cases) < 600:
        seed += 1
        maker = Maker(seed)
        kind = maker.random.choice(list(FIELDS))
        text, _, _, value = maker.make(kind, maker.random.randint(1, 4))
        if len(text) > 240 or text in seen:
            continue
        try:
            wanted = printed(kind, value({}))
        except Failure as failure:
            # Enough of each, and most cases are values.
            if failures * 4 > len(cases):
                continue
            failures += 1
            wanted = f"!{failure}"
        seen.add(text)
        cases.append([FIELDS[kind], text, wanted])
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")


main()

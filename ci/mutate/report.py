"""What a run found: its last line, results.json, a text and a page to read survivors in."""

import collections
import dataclasses
import html
import json

from schema import difference

# The order in which they are read, and what they mean.
KINDS = {"survived": "every unit that can kill it ran, and none did",
         "unreached": "no unit reaches the place",
         "same": "reached, and never gave another value than the original",
         "killed": "a unit failed"}
STYLE = """body{font:15px/1.45 sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:left;
border-bottom:1px solid #ddd;vertical-align:top}td.n{text-align:right}
pre{background:#f6f6f6;padding:.5em;overflow-x:auto;margin:.3em 0}del,ins{text-decoration:none;
display:block}del{background:#fdd}ins{background:#dfd}small{color:#666}"""


@dataclasses.dataclass
class Counts:
    """places are all that were wanted and compile; share is of those that change behaviour."""

    places: int
    refused: int
    killed: int = 0
    survived: int = 0
    unreached: int = 0
    same: int = 0

    @staticmethod
    def of(verdicts, places, refused):
        counts = Counts(places, refused)
        for verdict in verdicts:
            setattr(counts, verdict.kind, getattr(counts, verdict.kind) + 1)
        return counts

    @property
    def judged(self):
        return self.killed + self.survived + self.unreached + self.same

    @property
    def share(self):
        """Percent killed of those that change behaviour: all but those that never differ."""
        changing = self.killed + self.survived + self.unreached
        return 100 * self.killed / changing if changing else 0.0

    @property
    def share_of_all(self):
        return 100 * self.killed / self.judged if self.judged else 0.0


def last_line(counts):
    not_run = counts.places - counts.judged
    alive = counts.survived + counts.unreached + counts.same
    return (f"mutate: {counts.places + counts.refused} places, {counts.places} compiled, "
            f"{counts.killed} killed, {alive} survived ({counts.unreached} never reached, "
            f"{counts.same} never differed), share {counts.share:.1f} % of those that change "
            f"behaviour, {counts.share_of_all:.1f} % of all"
            + (f"; {not_run} not run" if not_run else ""))


def entries(mutations, verdicts, text_of):
    """One dictionary for each verdict, in the order of KINDS, then of files."""
    by_number = {mutation.number: mutation for mutation in mutations}
    order = list(KINDS)
    found = []
    for verdict in verdicts:
        mutation = by_number[verdict.number]
        found.append({**dataclasses.asdict(verdict), "path": mutation.place.path,
                      "line": mutation.place.line, "function": mutation.place.function,
                      "form": mutation.alternative.form, "about": mutation.alternative.about,
                      "difference": difference(text_of(mutation.place.path), mutation)})
    return sorted(found, key=lambda one: (order.index(one["kind"]), one["path"], one["line"]))


def told(flag_reached, differs, unknown):
    if not flag_reached:
        return "never reached"
    return "differed" if differs else "reached; whether it differed is unknown" if unknown else \
        "reached, never differed"


def as_text(found, header, final):
    lines = [*header, ""]
    for kind, about in KINDS.items():
        chosen = [entry for entry in found if entry["kind"] == kind]
        if not chosen:
            continue
        lines += [f"{kind}: {len(chosen)} ({about})", ""]
        for entry in chosen:
            place = f"{entry['path']}:{entry['line']} {entry['function']}"
            if kind == "killed":
                lines.append(f"  {place}: {entry['about']}: {entry['by']} ({entry['how']})")
            else:
                state = told(entry["reached"], entry["differs"], entry["unknown"])
                lines += [f"  #{entry['number']} {place}: {entry['about']} ({state})",
                          *(f"      {line}" for line in entry["difference"]), ""]
        lines.append("")
    return "\n".join([*lines, final, ""])


def table(heads, rows):
    cells = lambda row: "".join(f"<td{' class=n' if isinstance(one, (int, float)) else ''}>"
                                f"{html.escape(str(one))}</td>" for one in row)
    return ("<table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>" +
            "".join(f"<tr>{cells(row)}</tr>" for row in rows) + "</table>")


def rows_by(found, key):
    groups = collections.defaultdict(collections.Counter)
    for entry in found:
        groups[key(entry)][entry["kind"]] += 1
    return [(name, *(count[kind] for kind in ("killed", *list(KINDS)[:3])))
            for name, count in sorted(groups.items())]


def as_html(found, header, final):
    heads = ("", "killed", *list(KINDS)[:3])
    killers = collections.Counter(entry["by"].split(" ")[0] for entry in found
                                  if entry["kind"] == "killed")
    parts = [f"<!doctype html><meta charset=utf-8><title>Mutation</title><style>{STYLE}</style>",
             f"<h1>Mutation</h1><p>{html.escape(final)}</p>",
             "".join(f"<p><small>{html.escape(line)}</small></p>" for line in header),
             "<h2>By room</h2>", table(heads, rows_by(found, lambda e: e["path"].split("/")[1])),
             "<h2>By form</h2>", table(heads, rows_by(found, lambda e: e["form"])),
             "<h2>Killed by</h2>", table(("program", "killed"), killers.most_common())]
    for kind, about in list(KINDS.items())[:3]:
        chosen = [entry for entry in found if entry["kind"] == kind]
        parts.append(f"<h2>{kind}: {len(chosen)}</h2><p>{about}</p>")
        for entry in chosen:
            lines = "".join(f"<{'del' if line[0] == '-' else 'ins'}>{html.escape(line)}"
                            f"</{'del' if line[0] == '-' else 'ins'}>"
                            for line in entry["difference"])
            state = told(entry["reached"], entry["differs"], entry["unknown"])
            parts.append(f"<p><b>{html.escape(entry['path'])}:{entry['line']}</b> "
                         f"{html.escape(entry['function'])}: {html.escape(entry['about'])} "
                         f"<small>{state}</small></p><pre>{lines}</pre>")
    return "\n".join(parts) + "\n"


def write(folder, found, counts, header, refused):
    final = last_line(counts)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(
        {"header": header, "counts": dataclasses.asdict(counts), "share": counts.share,
         "share_of_all": counts.share_of_all, "does_not_compile": refused, "mutations": found},
        indent=1))
    (folder / "report.txt").write_text(as_text(found, header, final))
    (folder / "report.html").write_text(as_html(found, header, final))
    return final

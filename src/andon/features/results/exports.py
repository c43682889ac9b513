"""A result as a file: a function of the release, with the method and the policy it was made under.

Reference: docs/guide/taking-results-along.md.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.results import groups, queries, sentences
from andon.features.results.trend import FacetTrend, Trend
from andon.features.rounds import public as rounds
from andon.foundation.cells import plain_cell
from andon.kernel import disclosure, wire

UNIT_FORMAT = "andon.results.unit/1"
GROUP_FORMAT = "andon.results.group/1"

# The columns of a file, by its format: none that is empty in every row of it.
COLUMNS = {
    UNIT_FORMAT: ("kind", "code", "words", "reversed", "band", "word", "updated", "why_not", "low", "middle", "high"),
    GROUP_FORMAT: (
        "kind",
        "code",
        "words",
        "reversed",
        "low",
        "middle",
        "high",
        "units_low",
        "units_mixed_low",
        "units_mixed_high",
        "units_high",
        "share_1",
        "share_2",
        "share_3",
        "share_4",
        "share_5",
    ),
}


def round_document(view: rounds.RoundView) -> dict[str, Any]:
    """A round as every document has it."""
    return {
        "asked": view.node_name,
        "closed_at": wire.utc_text(view.ended_at) if view.ended_at else None,
        "fingerprint": view.fingerprint,
        "id": view.id,
        "opened_at": wire.utc_text(view.opens_at),
    }


def _about(view: rounds.RoundView) -> dict[str, Any]:
    instrument = instruments.load(view.instrument_id, view.instrument_version)
    manifest = publiclog.find("manifest", view.id)
    return {
        "instrument": {
            "citation": instrument.citation,
            "id": instrument.id,
            "rights": instrument.rights,
            "title": str(queries.in_words(instrument.title)),
            "version": instrument.version,
        },
        "policy": manifest.body["policy"] if manifest else None,
        "round": round_document(view),
    }


def unit_document(own: queries.Own, report: queries.Report, trend: Trend | None) -> dict[str, Any]:
    """What this report of a unit shows, for programs. With `trend`, what may be said of the last step of each facet."""
    release = own.part.release
    changes = {facet.id: facet for facet in trend.facets} if trend else {}
    return _about(own.round) | {
        "facets": [
            {
                "band": line.band.value if line.band else None,
                "change": _change(changes.get(line.id)),
                "id": line.id,
                "index": {"high": line.high, "low": line.low, "middle": line.mid} if line.index else None,
                "name": str(line.name),
                "why_not": line.why_not or None,
            }
            for line in report.facets
        ],
        "format": UNIT_FORMAT,
        "headline": sentences.headline(report),
        "method": sentences.method(report),
        "statements": [
            {
                "ballots": statement.ballots,
                "band": statement.band.value if statement.band else None,
                "code": statement.code,
                "facet": line.id,
                "reversed": statement.reversed,
                "silence": release.silences[statement.code].value if statement.code in release.silences else None,
                "total": _total(release.figures, statement.code),
                "updated": statement.updated,
                "words": str(statement.wording),
            }
            for line, found in report.statements
            for statement in found
        ],
        "unit": {
            "ballots": report.ballots,
            "id": report.unit_id,
            "name": report.unit_name,
            "roster": report.roster,
            "why_no_figures": report.reason or None,
        },
    }


def _change(facet: FacetTrend | None) -> dict[str, Any] | None:
    if facet is None or facet.message is None:
        return None
    return {
        "said": facet.message.change.value,
        "since": facet.baseline_until.isoformat() if facet.baseline_until else None,
        "would_notice": facet.message.would_notice,
    }


def _total(figures: Mapping[str, disclosure.StatementFigure] | None, code: str) -> dict[str, int] | None:
    """The lowest and highest sum of answers that the colour is compatible with."""
    if figures is None or code not in figures:
        return None
    return {"ballots": figures[code].n, "high": figures[code].high, "low": figures[code].low}


def group_document(report: groups.GroupReport) -> dict[str, Any]:
    """What the page of a group shows, for programs. Groups inside it are named, without their figures."""
    return _about(report.round) | {
        "facets": [_spread(line) for line in report.facets],
        "format": GROUP_FORMAT,
        "group": {
            "id": report.view.group.node_id,
            "inside": [{"id": one.line.node_id, "name": one.line.name} for one in report.below],
            "name": report.view.group.name,
            "people": report.view.group.people,
            "turnout": report.turnout.value if report.turnout else None,
            "units_with_figures": report.units,
            "why_no_shares": report.reason.value if report.reason else None,
        },
        "headline": sentences.group_headline(report),
        "means": [
            {"high": line.high, "low": line.low, "middle": line.middle, "name": str(line.name)} for line in report.means
        ],
        "method": method_of_groups(report),
        "noise": {"delta": 1e-6, "epsilon_of_this_round": report.epsilon} if report.shares else None,
        "shares": [
            {
                "mean": _share(line.mean),
                "reversed": line.reversed,
                "shares": [_share(share) for share in line.shares],
                "words": str(line.wording),
            }
            for _name, lines in report.shares
            for line in lines
        ],
        "statements": [_spread(line) for line in report.statements],
    }


def _spread(line: groups.SpreadLine) -> dict[str, Any]:
    return {"code": line.id, "name": str(line.name), "units": {band.value: number for band, number in line.counts}}


def _share(share: disclosure.Share) -> dict[str, float]:
    return {"high": round(share.high, 4), "low": round(share.low, 4), "middle": round(share.middle, 4)}


def method_of_groups(report: groups.GroupReport) -> list[str]:
    """How the figures of a group are made and what they do not say; of figures only where there are some."""
    said = [
        _(
            "Groups are those of the day on which the rosters were fixed, and turnout is told in three steps. There is "
            "no ranking: teams are listed by name."
        )
    ]
    if report.facets or report.means:
        said.append(_("People who did not answer could have said anything; the figures speak for those who did."))
    return [*said, *([sentences.budget(report)] if report.shares else [])]


def as_json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def as_csv(document: dict[str, Any], *, words: str) -> bytes:
    """One row for each facet and statement, with a byte order mark, so that table programs read it as UTF-8.

    What stands beside the figures, among it method and policy, comes first, in rows of two cells that begin with "#".
    `words`: what the four colours are called on the page, see `instruments.Instrument.words`.
    """
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    for name, value in _facts(document):
        out.writerow([f"# {name}", _cell(value)])
    columns = COLUMNS[document["format"]]
    out.writerow(columns)
    for row in _rows(document, words):
        out.writerow([_cell(row.get(column)) for column in columns])
    return ("\ufeff" + written.getvalue()).encode()


def _facts(document: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    yield "format", document["format"]
    for part in ("round", "instrument", "policy", "unit", "group"):
        for name, value in (document.get(part) or {}).items():
            if not isinstance(value, list):
                yield f"{part} {name}", value
    for said in document["method"]:
        yield "method", said


def _rows(document: dict[str, Any], words: str) -> Iterable[dict[str, Any]]:
    if document["format"] == UNIT_FORMAT:
        for facet in document["facets"]:
            yield (
                {"kind": "facet", "code": facet["id"], "words": facet["name"], "band": facet["band"]}
                | {"word": sentences.word_of_band(facet["band"], words), "why_not": facet["why_not"]}
                | (facet["index"] or {})
            )
        for one in document["statements"]:
            shared = {name: one[name] for name in ("code", "words", "reversed", "band", "updated")}
            word = sentences.word_of_band(one["band"], words, silence=one["silence"])
            yield {"kind": "statement", "word": word, "why_not": one["silence"]} | shared
        return
    for kind, lines in (("facet", document["facets"]), ("statement", document["statements"])):
        for line in lines:
            counts = {f"units_{band.replace('-', '_')}": number for band, number in line["units"].items()}
            yield {"kind": kind, "code": line["code"], "words": line["name"]} | counts
    for mean in document["means"]:
        yield {"kind": "mean", "words": mean["name"]} | {name: mean[name] for name in ("low", "middle", "high")}
    for line in document["shares"]:
        shares = {f"share_{number}": share["middle"] for number, share in enumerate(line["shares"], start=1)}
        yield {"kind": "shares", "words": line["words"], "reversed": line["reversed"]} | line["mean"] | shares


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain_cell(value) if isinstance(value, str) else str(value)


def file_name(what: str, view: rounds.RoundView, ending: str) -> str:
    return f"andon-{slugify(what)[:60] or 'result'}-{view.answered_until.astimezone(UTC):%Y-%m-%d}.{ending}"

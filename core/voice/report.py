"""The report: one HTML file that prints well, and its figures as JSON.

Nothing is loaded from anywhere, and no text of anybody is in it unless the person asks for it.
"""

from __future__ import annotations

import datetime
import html
import json
from collections.abc import Sequence
from typing import Any

from core.voice import drawing
from core.voice.assistant import MARKS
from core.voice.blind import Verdict
from core.voice.chances import Interval
from core.voice.habits import ME
from core.voice.judge import ModelReport, Report
from core.voice.score import VoiceScore
from core.voice.verdict import ThreeWay, keep_which, three_way


def report_json(report: Report, *, games: Sequence[Verdict] = ()) -> bytes:
    """All figures of a report as JSON (UTF-8); holds no text of anybody."""
    return json.dumps(report_figures(report, games=games), ensure_ascii=False, indent=1).encode()


def report_figures(report: Report, *, games: Sequence[Verdict] = ()) -> dict[str, Any]:
    """The figures as plain values. Words that give somebody away ("says ...") are left out."""
    decided, kept = three_way(report), keep_which(report)
    scale = report.scale
    return {
        "held_out_texts": report.mine,
        "prompts": report.prompts,
        "verdict": {
            "outcome": decided.outcome,
            "title": decided.title,
            "reasons": list(decided.reasons),
            "cautions": list(decided.cautions),
        },
        "keep": kept._asdict() if kept else None,
        "scale": None
        if scale is None
        else {
            "compared_with": scale.negatives,
            "notes": list(scale.notes),
            "area_single_texts": round(scale.single_area, 4),
            "area_means_of_ten": round(scale.ten_area, 4),
        },
        "scale_refused": report.scale_refused,
        "models": [_model_figures(model) for model in report.models],
        "habits": [
            row for row in report.habits.to_dict("records") if row["key"] not in _PRIVATE_HABITS
        ],
        "games": [_game_figures(game) for game in games],
    }


def report_html(
    report: Report,
    *,
    title: str = "Does it sound like me?",
    games: Sequence[Verdict] = (),
    with_texts: bool = False,
    made_on: datetime.date | None = None,
) -> bytes:
    """The report as one self-contained, light, printable HTML file (UTF-8).

    Args:
        games: verdicts of blind games to show beside.
        with_texts: also print copied texts, messages that show a habit and telling words.
        made_on: the date in the heading.
    """
    decided = three_way(report)
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p class='quiet'>{_heading(report, made_on)}</p>",
        _verdict_part(decided, report),
        _score_part(report),
        _detectability_part(report, with_texts),
        _habits_part(report, with_texts),
        _copies_part(report, with_texts),
        _variety_part(report),
        _games_part(games),
        "<h2>How to read this</h2>",
        _READING,
    ]
    body = "\n".join(part for part in parts if part)
    page = _PAGE.replace("%TITLE%", html.escape(title)).replace("%BODY%", body)
    return page.encode("utf-8", "replace")


#: Habits whose name is a word or emoji of the person.
_PRIVATE_HABITS = ("my_word", "my_emoji")


def _model_figures(model: ModelReport) -> dict[str, Any]:
    told, seen = model.detectability, model.variety
    return {
        "name": model.contestant.key,
        "model": model.contestant.model,
        "role": model.contestant.role,
        "answers": model.answers,
        "failed_requests": sum(model.errors.values()),
        "voice_score": _score_figures(model.score),
        "voice_score_refused": model.score_refused,
        "by_group": {
            by: {group: _score_figures(score) for group, score in scores.items()}
            for by, scores in model.groups.items()
        },
        "detectability": None
        if told is None
        else {
            "area": round(told.area, 4),
            "interval": _rounded(told.interval),
            "real_against_real": _rounded(told.null),
            "tells": [tell.sentence() for tell in told.tells],
        },
        "detectability_refused": model.detectability_refused,
        "copies": {
            "model": model.copies.model._asdict(),
            "chance": model.copies.chance._asdict(),
            "finding": model.copies.finding,
        },
        "variety": None
        if seen is None
        else {
            "model": _variety_figures(seen.model),
            "mine": _variety_figures(seen.mine),
            "findings": list(seen.findings),
        },
    }


def _score_figures(score: VoiceScore | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "value": round(score.value, 1),
        "interval": _rounded(score.interval, 1),
        "answers": score.answers,
        "empty": score.empty,
        "you": _rounded(score.me_band, 1),
        "other_people": _rounded(score.others_band, 1),
    }


def _variety_figures(rates: Any) -> dict[str, Any]:
    return {name: getattr(rates, name) for name in rates.__dataclass_fields__}


def _game_figures(game: Verdict) -> dict[str, Any]:
    return {**game._asdict(), "interval": _rounded(game.interval)}


def _rounded(interval: Interval, digits: int = 4) -> list[float]:
    return [round(interval.low, digits), round(interval.high, digits)]


def _heading(report: Report, made_on: datetime.date | None) -> str:
    day = f"{made_on:%d %B %Y} · " if made_on else ""
    return f"{day}{report.prompts} held-out prompts · {report.mine} held-out texts of yours"


def _verdict_part(decided: ThreeWay, report: Report) -> str:
    kept = keep_which(report)
    keep = (
        f"<p>Model to keep: <b>{html.escape(kept.key)}</b>. {html.escape(kept.reason)}</p>"
        if kept
        else ""
    )
    cautions = f"<h3>Careful</h3>{_list(decided.cautions)}" if decided.cautions else ""
    return f"<section class='verdict {decided.outcome}'><h2>{html.escape(decided.title)}</h2>{_list(decided.reasons)}{keep}{cautions}</section>"


def _score_part(report: Report) -> str:
    if report.scale is None:
        return f"<h2>Voice score</h2><p>{html.escape(report.scale_refused)}</p>"
    rows = [
        (m.contestant.key, m.score.value, m.score.interval, f"{m.score.answers} answers")
        for m in report.models
        if m.score is not None
    ]
    first = next((m.score for m in report.models if m.score is not None), None)
    picture = ""
    if first is not None:
        picture = drawing.dots(
            rows,
            bands=[(first.others_band, "#8884", "other people"), (first.me_band, "#2a54", "you")],
            beyond=first.me_band.high,
        )
    refused = [m.score_refused for m in report.models if m.score is None]
    notes = [report.scale.negatives, *report.scale.notes, *refused]
    quality = (
        f"The scorer puts a text of yours above somebody else's in {100 * report.scale.single_area:.0f} % "
        f"of cases, the mean of ten texts in {100 * report.scale.ten_area:.0f} %."
    )
    return f"<h2>Voice score</h2>{picture}{_list([*dict.fromkeys(notes), quality])}{_group_table(report)}"


def _group_table(report: Report) -> str:
    rows = [
        (
            m.contestant.key,
            by,
            group,
            f"{s.value:.0f} ({s.interval.low:.0f} to {s.interval.high:.0f})",
        )
        for m in report.models
        for by, scores in m.groups.items()
        for group, s in scores.items()
    ]
    return _table(("model", "by", "group", "voice score"), rows) if rows else ""


def _detectability_part(report: Report, with_texts: bool) -> str:
    told = [(m.contestant.key, m.detectability) for m in report.models if m.detectability]
    if not told:
        return ""
    picture = drawing.dots(
        [
            (
                name,
                100 * d.area,
                Interval(100 * d.interval.low, 100 * d.interval.high),
                f"{d.generated} answers",
            )
            for name, d in told
        ],
        bands=[
            (
                Interval(100 * told[0][1].null.low, 100 * told[0][1].null.high),
                "#2a54",
                "you against you",
            )
        ],
        least=40,
        most=100,
    )
    lists = []
    for name, one in told:
        tells = [tell.sentence() for tell in one.tells]
        if with_texts:
            tells += [tell.sentence() for tell in one.telling_words]
        if tells:
            lists.append(f"<h3>What gives {html.escape(name)} away</h3>{_list(tells)}")
    return f"<h2>Told from your writing (%)</h2>{picture}{''.join(lists)}"


def _habits_part(report: Report, with_texts: bool) -> str:
    frame = report.habits
    if not with_texts:
        frame = frame[~frame["key"].isin(_PRIVATE_HABITS)]
    who = list(dict.fromkeys(frame["who"]))
    rows = []
    for key in dict.fromkeys(frame["key"]):
        of = frame[frame["key"] == key].set_index("who")
        cells = [_rate(of.loc[w, "rate"], of.loc[w, "unit"]) if w in of.index else "" for w in who]
        rows.append((of["habit"].iloc[0], *cells))
    examples = ""
    if with_texts:
        shown = [
            f"{name}: {text}"
            for name, key in zip(frame["habit"], frame["key"], strict=True)
            for text in report.examples.get(key, {}).get(ME, ())[:1]
        ]
        examples = f"<h3>Your messages that show them</h3>{_list(dict.fromkeys(shown))}"
    return f"<h2>Habits</h2>{_table(('habit', *who), rows)}{examples}"


def _copies_part(report: Report, with_texts: bool) -> str:
    rows = []
    for m in report.models:
        c = m.copies.model
        rows.append(
            (m.contestant.key, *_copy_cells(c), "more than chance" if m.copies.finding else "")
        )
    if report.models:
        rows.append(("you (chance)", *_copy_cells(report.models[0].copies.chance), ""))
    header = ("model", "exact", "near", "stitched", "8 words or more", "longest run", "finding")
    offenders = ""
    if with_texts:
        pairs = [
            (m.contestant.key, one.text, one.source_text)
            for m in report.models
            if m.copies.finding
            for one in m.copies.offenders[:5]
        ]
        if pairs:
            offenders = _table(("model", "wrote", "training text"), pairs)
    return f"<h2>Copies of training texts</h2>{_table(header, rows)}{offenders}"


def _copy_cells(rates: Any) -> tuple[str, ...]:
    shares = (rates.exact, rates.near, rates.stitched, rates.long_run)
    return (*(f"{100 * share:.0f} %" for share in shares), f"{rates.longest_words} words")


def _variety_part(report: Report) -> str:
    rows = []
    seen = [(m.contestant.key, m.variety) for m in report.models if m.variety]
    columns = [(name, v.model) for name, v in seen] + [("you", seen[0][1].mine)] if seen else []
    for name, rates in columns:
        languages = ", ".join(f"{k} {100 * v:.0f} %" for k, v in list(rates.languages.items())[:3])
        marks = ", ".join(f"{MARKS[k][0]} {100 * v:.0f} %" for k, v in rates.marks.items() if v)
        rows.append(
            (
                name,
                f"{rates.distinct_2:.2f}",
                f"{rates.nearest:.2f}",
                f"{rates.words[1]:.0f}",
                languages,
                marks,
            )
        )
    header = (
        "model",
        "different word pairs",
        "nearest neighbour",
        "words",
        "languages",
        "assistant marks",
    )
    return f"<h2>Variety</h2>{_table(header, rows)}" if rows else ""


def _games_part(games: Sequence[Verdict]) -> str:
    return f"<h2>Blind games</h2>{_list([game.sentence for game in games])}" if games else ""


def _rate(rate: float, unit: str) -> str:
    return f"{100 * rate:.0f} %" if unit == "share" else f"{rate:.1f}"


def _list(sentences: Any) -> str:
    items = "".join(f"<li>{html.escape(str(one))}</li>" for one in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(one)}</th>" for one in header)
    body = "".join(
        "<tr>" + "".join(f"<td dir='auto'>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_READING = """<ul>
<li>Voice score: 0 is how other people write, 100 is your own held-out writing. Above 100 is a caricature or a copy, not better. It measures wording, and is no proof of authorship.</li>
<li>Told from your writing: how often a simple machine tells the model's answers from your real texts; 50 % is a coin.</li>
<li>Copies: the same figures for your own new texts are the chance level.</li>
<li>Bars and brackets hold the true value 95 times in 100. No single figure decides.</li>
</ul>"""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>%TITLE%</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;color:#1a1a2e;background:#fff;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin-bottom:0}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}
.quiet{color:#555}.verdict{border-left:5px solid #888;padding:.2rem 1rem;background:#f6f6fb}
.verdict.helped{border-color:#2a5}.verdict.prompting{border-color:#e9a014}
table{border-collapse:collapse;width:100%;font-size:.92em}
th:first-child,td:first-child{min-width:6rem}th,td{text-align:start;padding:.25rem .5rem;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
svg{width:100%;height:auto}section,table,svg{break-inside:avoid}
@media print{body{margin:0;max-width:none}}
</style>
%BODY%
</html>
"""

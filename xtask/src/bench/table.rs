//! The tables of a report: one for each measure, a line for each row and peer.

use std::fmt::Write as _;

use crate::bench::figure::{Figure, Goal, Measure, Protocol, Verdict};
use crate::bench::report::Report;

/// All lines about one measure, as they are shown.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) title: String,
    pub(crate) figures: Vec<&'a Figure>,
    pub(crate) lines: Vec<Line>,
}

/// One row beside one peer.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    /// As `COLUMNS` says.
    pub(crate) cells: [String; 10],
    pub(crate) verdict: Option<Verdict>,
}

/// The tables of a report in the order of their measures.
pub(crate) fn tables(report: &Report) -> Vec<Table<'_>> {
    let mut measures: Vec<Measure> =
        report.figures.iter().map(|figure| figure.label.measure).collect();
    measures.extend(report.absent.iter().map(|absent| absent.measure));
    measures.sort_unstable();
    measures.dedup();
    measures.into_iter().map(|measure| table(report, measure)).collect()
}

/// The names of the columns; ours has our name.
pub(crate) fn columns(report: &Report) -> [&str; 10] {
    let ours = report.servers.first().map_or("ours", |server| server.name.as_str());
    ["row", "pipeline", ours, "peer", "", "ratio", "quartile", "gate", "aim", ""]
}

/// All tables as text.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    for table in tables(report) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\n{}", table.title);
        let header = columns(report).map(str::to_owned);
        let rows: Vec<&[String; 10]> =
            [&header].into_iter().chain(table.lines.iter().map(|line| &line.cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..header.len()).map(|at| width(at).unwrap_or(0)).collect();
        for row in rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| {
                if is_word(at) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            let _ = writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
    let _ = writeln!(out, "\n{LEGEND}");
    if report.quick {
        let _ = writeln!(out, "{QUICK}");
    }
    out
}

/// Whether a column holds words, not numbers.
pub(crate) const fn is_word(column: usize) -> bool {
    matches!(column, 0 | 3 | 9)
}

/// The name of a row, with the language where it is not Redis'.
pub(crate) fn row_name(row: &str, protocol: Protocol) -> String {
    match protocol {
        Protocol::Resp => row.to_owned(),
        Protocol::Memcached => format!("{row} (memcached)"),
    }
}

/// A number with about four digits that mean something.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.3}"),
    }
}

fn table(report: &Report, measure: Measure) -> Table<'_> {
    let figures: Vec<&Figure> =
        report.figures.iter().filter(|figure| figure.label.measure == measure).collect();
    let mut lines: Vec<Line> = figures.iter().flat_map(|figure| lines(figure)).collect();
    lines.extend(absent_lines(report, measure));
    let unit = measure.unit();
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    Table { title: format!("{}{unit}", measure.title()), figures, lines }
}

/// One for each peer; a bound on our own figure stands in the first, unless that has a goal.
fn lines(figure: &Figure) -> Vec<Line> {
    let mut bound = figure.bound;
    let mut lines = Vec::new();
    for peer in &figure.peers {
        let own = if peer.goal.is_none() { bound.take() } else { None };
        let theirs = [peer.series.server.clone(), optional(peer.series.median)];
        let ratio = [optional(peer.ratio), optional(peer.ratio_lower_quartile)];
        lines.push(line(figure, theirs, ratio, peer.goal.map(|goal| (">=", goal)), own));
    }
    if bound.is_some() || lines.is_empty() {
        lines.push(line(figure, [dash(), dash()], [dash(), dash()], None, bound));
    }
    lines
}

fn line(
    figure: &Figure,
    [peer, theirs]: [String; 2],
    [ratio, quartile]: [String; 2],
    goal: Option<(&str, Goal)>,
    bound: Option<Goal>,
) -> Line {
    let label = &figure.label;
    let name = row_name(&label.row, label.protocol);
    let goal = goal.or_else(|| bound.map(|bound| ("<=", bound)));
    let shown = |of: fn(&Goal) -> Option<f64>| {
        let value = goal.and_then(|(sign, goal)| Some((sign, of(&goal)?)));
        value.map_or_else(String::new, |(sign, value)| format!("{sign} {}", number(value)))
    };
    let verdict = goal.map(|(_, goal)| goal.verdict);
    let cells = [
        match label.payload {
            Some(bytes) => format!("{name}, payload {bytes}"),
            None => name,
        },
        label.pipeline.map_or_else(String::new, |depth| depth.to_string()),
        optional(figure.ours.median),
        peer,
        theirs,
        ratio,
        quartile,
        shown(|goal| Some(goal.gate)),
        shown(|goal| goal.aim),
        verdict.map_or("", Verdict::word).to_owned(),
    ];
    Line { cells, verdict }
}

/// A line for each row that a server does not know.
fn absent_lines(report: &Report, measure: Measure) -> impl Iterator<Item = Line> {
    let ours = report.servers.first().map(|server| server.name.as_str());
    report.absent.iter().filter(move |absent| absent.measure == measure).map(move |absent| {
        let mut cells: [String; 10] = std::array::from_fn(|_| String::new());
        cells[0] = row_name(&absent.row, absent.protocol);
        let is_ours = ours == Some(&absent.server);
        cells[2] = if is_ours { dash() } else { String::new() };
        cells[3] = if is_ours { String::new() } else { absent.server.clone() };
        cells[4] = if is_ours { String::new() } else { dash() };
        cells[5] = dash();
        cells[9] = "not known there".to_owned();
        Line { cells, verdict: None }
    })
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(dash, number)
}

fn dash() -> String {
    "-".to_owned()
}

const LEGEND: &str = "ratio: above 1, ours is better; quartile: the lower one of the ratios";
/// What to say of a quick run.
pub(crate) const QUICK: &str =
    "a quick run: it shows that everything runs; its figures mean nothing";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::example;

    #[test]
    fn a_table_has_a_line_for_each_row_and_peer() {
        let text = text(&example());
        let lines: Vec<String> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for expected in [
            "CPU per request, all threads of the server (ns)",
            "row pipeline carrier peer ratio quartile gate aim",
            "get 16 705.0 redis 1093 1.55 1.52 >= 1.90 >= 2.60 below",
            "hset - - not known there",
            "kv8, payload 24 47.10 redis 115.5 2.45 2.45 <= 36.00 <= 30.00 below",
            "growth 16 0 redis 12.00 - - <= 1.00 ok",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}{text}");
        }
    }

    #[test]
    fn columns_stand_under_each_other() {
        let text = text(&example());
        let lines: Vec<&str> = text.lines().skip(2).take(4).collect();
        let at: Vec<_> = lines.iter().filter_map(|line| line.find("redis")).collect();
        assert_eq!(at.len(), 2, "{text}");
        assert_eq!(at[0], at[1], "{text}");
    }

    #[test]
    fn numbers_keep_what_can_be_told_apart() {
        let shown = [0.0, 0.0123, 1.094, 47.1, 115.54, 1082.4, -2.5].map(number);
        assert_eq!(shown, ["0", "0.012", "1.09", "47.10", "115.5", "1082", "-2.50"]);
    }
}

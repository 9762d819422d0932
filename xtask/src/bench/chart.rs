//! Charts as SVG: bars of the medians, and lines of the samples in their order.

use std::fmt::Write as _;

use crate::bench::figure::{Figure, Series};
use crate::bench::table::{number, row_name};

/// Bars of all servers of each figure, the longest of a figure as long as there is room: figures
/// of one measure may lie far apart.
pub(crate) fn bars(figures: &[&Figure], colour: impl Fn(&str) -> usize) -> String {
    let mut body = String::new();
    let mut y = 0;
    for figure in figures {
        let all = series(figure);
        let longest = all.iter().filter_map(|one| one.median).fold(0.0, f64::max);
        for (number_of, one) in all.iter().enumerate() {
            let median = one.median.unwrap_or(0.0);
            let share = if longest > 0.0 { median / longest } else { 0.0 };
            let (width, text_y) = (share * BAR_WIDTH, y + 13);
            // Writing to a string cannot fail.
            if number_of == 0 {
                let name = escaped(&label(figure));
                let _ = write!(body, "<text x=\"0\" y=\"{text_y}\" class=\"row\">{name}</text>");
            }
            let text_x = LABEL_WIDTH + width + 6.0;
            let _ = write!(
                body,
                "<rect x=\"{LABEL_WIDTH}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" \
                 rx=\"2\" class=\"s{}\"/><text x=\"{text_x:.1}\" y=\"{text_y}\">{}</text>",
                colour(&one.server),
                escaped(&caption(figure, one)),
            );
            y += BAR_STEP;
        }
        y += GROUP_GAP;
    }
    svg(y, "bars", &body)
}

/// The samples of a figure in their order, from zero up.
pub(crate) fn lines(figure: &Figure, colour: impl Fn(&str) -> usize) -> String {
    let all = series(figure);
    let samples = || all.iter().flat_map(|one| one.samples.iter().copied());
    let (highest, count) = (samples().fold(0.0, f64::max), figure.ours.samples.len());
    if highest <= 0.0 || count < 2 {
        return String::new();
    }
    let x = |at: usize| LABEL_WIDTH + LINE_WIDTH * at as f64 / (count - 1) as f64;
    let y = |sample: f64| 10.0 + LINE_HEIGHT * (1.0 - sample / highest);
    let mut body = String::new();
    for share in [0.0, 0.5, 1.0] {
        let (value, end) = (share * highest, x(count - 1));
        let at = y(value);
        let _ = write!(
            body,
            "<line x1=\"{LABEL_WIDTH}\" x2=\"{end}\" y1=\"{at}\" y2=\"{at}\" class=\"grid\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LABEL_WIDTH - 6.0,
            at + 4.0,
            number(value),
        );
    }
    for one in all {
        let points: Vec<String> = one
            .samples
            .iter()
            .enumerate()
            .map(|(at, &sample)| format!("{:.1},{:.1}", x(at), y(sample)))
            .collect();
        let _ = write!(
            body,
            "<polyline points=\"{}\" class=\"l{}\"/>",
            points.join(" "),
            colour(&one.server)
        );
    }
    let _ = write!(
        body,
        "<text x=\"0\" y=\"{}\" class=\"row\">{}, in the order of the samples</text>",
        LINE_HEIGHT + 32.0,
        escaped(&label(figure))
    );
    svg(LINE_HEIGHT as usize + 40, "lines", &body)
}

/// Text for HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn series(figure: &Figure) -> Vec<&Series> {
    std::iter::once(&figure.ours).chain(figure.peers.iter().map(|peer| &peer.series)).collect()
}

fn label(figure: &Figure) -> String {
    let row = row_name(&figure.label.row, figure.label.protocol);
    match figure.label.pipeline {
        Some(depth) => format!("{row}, P {depth}"),
        None => row,
    }
}

fn caption(figure: &Figure, one: &Series) -> String {
    let value = one.median.map_or_else(|| "-".to_owned(), number);
    let peer = figure.peers.iter().find(|peer| peer.series.server == one.server);
    let ratio = peer.and_then(|peer| peer.ratio);
    let ratio = ratio.map_or_else(String::new, |ratio| format!(", ratio {}", number(ratio)));
    format!("{} {value}{ratio}", one.server)
}

fn svg(height: usize, what: &str, body: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{what}\">{body}</svg>\n"
    )
}

const WIDTH: usize = 760;
const LABEL_WIDTH: f64 = 170.0;
const BAR_WIDTH: f64 = 380.0;
const BAR_HEIGHT: usize = 16;
const BAR_STEP: usize = 19;
const GROUP_GAP: usize = 10;
const LINE_WIDTH: f64 = 560.0;
const LINE_HEIGHT: f64 = 160.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::example;

    #[test]
    fn bars_are_as_long_as_the_medians_say() {
        let report = example();
        let svg = bars(&[&report.figures[3]], |server| usize::from(server == "redis"));
        assert!(svg.contains("width=\"155.0\" height=\"16\" rx=\"2\" class=\"s0\""), "{svg}");
        assert!(svg.contains("width=\"380.0\" height=\"16\" rx=\"2\" class=\"s1\""), "{svg}");
        assert!(svg.contains("redis 115.5, ratio 2.45"), "{svg}");
    }

    #[test]
    fn lines_begin_at_zero() {
        let report = example();
        let svg = lines(&report.figures[1], |_| 0);
        assert!(svg.contains("points=\"170.0,10.0 730.0,10.0\""), "{svg}");
        assert!(svg.contains("y1=\"170\""), "{svg}");
        assert_eq!(lines(&report.figures[3], |_| 0), "");
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escaped("<a href=\"b&c\">"), "&lt;a href=&quot;b&amp;c&quot;&gt;");
    }
}

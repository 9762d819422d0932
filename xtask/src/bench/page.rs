//! A report as one HTML page that needs nothing from elsewhere.

use std::fmt::Write as _;

use crate::bench::chart::{bars, escaped, lines};
use crate::bench::report::Report;
use crate::bench::table::{self, Table, columns, is_word};

/// The page.
pub(crate) fn html(report: &Report) -> String {
    let mut body = head(report);
    let colour = |server: &str| {
        let place = report.servers.iter().position(|one| one.name == server);
        place.unwrap_or(0).min(COLOURS.len() - 1)
    };
    for table in table::tables(report) {
        // Writing to a string cannot fail.
        let _ = writeln!(body, "<section><h2>{}</h2>", escaped(&table.title));
        if !table.figures.is_empty() {
            body.push_str(&bars(&table.figures, colour));
        }
        let growing = table.figures.iter().filter(|figure| figure.label.row == "fresh");
        growing.for_each(|figure| body.push_str(&lines(figure, colour)));
        body.push_str(&rows(report, &table));
        body.push_str("</section>\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Carrier beside others</title>\n<style>{}</style></head>\n<body><main>\n{body}\
         <p>Ratio: above 1, ours is better: the median over pairs of samples that were taken \
         beside each other. Quartile: the lower one of these ratios. Bars: medians, the longest \
         of each group as long as there is room.</p>\n</main></body></html>\n",
        style()
    )
}

/// What was compared, when, and on what.
fn head(report: &Report) -> String {
    let machine = &report.machine;
    let mut out = "<h1>Carrier beside others</h1>\n<dl>\n".to_owned();
    let memory = format!("{:.1} GiB", machine.memory_bytes as f64 / f64::from(1 << 30));
    let cpu = format!("{}, {} cores, {memory}", machine.cpu, machine.cores);
    let system = format!("{}, Linux {}, {}", machine.system, machine.kernel, machine.rustc);
    let load = format!("{:.2}", machine.load_average);
    for (name, value) in [
        ("date", report.date.as_str()),
        ("commit", report.commit.as_deref().unwrap_or("unknown")),
        ("command", &format!("cargo xtask {}", report.arguments.join(" "))),
        ("machine", &cpu),
        ("system", &system),
        ("load before", &load),
    ] {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
    }
    for (place, server) in report.servers.iter().enumerate() {
        let colour = place.min(COLOURS.len() - 1);
        let _ = writeln!(
            out,
            "<dt><i class=\"b{colour}\"></i>{}</dt><dd>{}<br><code>{}</code></dd>",
            escaped(&server.name),
            escaped(&server.version),
            escaped(&server.command)
        );
    }
    out.push_str("</dl>\n");
    if report.quick {
        let _ = writeln!(out, "<p><strong>{}</strong></p>", table::QUICK);
    }
    out
}

fn rows(report: &Report, table: &Table<'_>) -> String {
    let cells = |tag: &str, cells: &[&str]| {
        let cells = cells.iter().enumerate().map(|(at, cell)| {
            let class = if is_word(at) { "" } else { " class=\"n\"" };
            format!("<{tag}{class}>{}</{tag}>", escaped(cell))
        });
        cells.collect::<String>()
    };
    let mut out = format!("<table><tr>{}</tr>\n", cells("th", &columns(report)));
    for line in &table.lines {
        let verdict = line.verdict.map_or("", |verdict| verdict.word());
        let words = line.cells.each_ref().map(String::as_str);
        let _ = writeln!(out, "<tr class=\"{verdict}\">{}</tr>", cells("td", &words));
    }
    out + "</table>\n"
}

fn style() -> String {
    let mut out = STYLE.to_owned();
    let (mut light, mut dark) = (String::new(), String::new());
    for (number, (on_light, on_dark)) in COLOURS.iter().enumerate() {
        let _ = write!(light, "--c{number}:{on_light};");
        let _ = write!(dark, "--c{number}:{on_dark};");
        let _ = writeln!(
            out,
            ".s{number}{{fill:var(--c{number})}}.b{number}{{background:var(--c{number})}}\
             .l{number}{{stroke:var(--c{number});fill:none;stroke-width:2}}"
        );
    }
    let _ = writeln!(out, ":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}");
    out
}

/// Of the servers in their order: on a light ground and on a dark one.
const COLOURS: [(&str, &str); 6] = [
    ("#1f6fd1", "#5aa2f5"),
    ("#d2552b", "#f0835c"),
    ("#1d8a62", "#42b98c"),
    ("#7a51b8", "#aa87e0"),
    ("#a67c00", "#d8ac2c"),
    ("#6b7280", "#9aa2b0"),
];

const STYLE: &str = "
:root{--ground:#fff;--ink:#1c1e21;--faint:#667;--rule:#d8dade;--bad:#b3261e;--good:#1d7a45}
@media(prefers-color-scheme:dark){:root{--ground:#15171a;--ink:#e6e7e9;--faint:#9aa0a8;
--rule:#363a40;--bad:#f28b82;--good:#6fcf97}}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2.2rem 0 .8rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}
dt,p{color:var(--faint)}code{font-size:.85em;overflow-wrap:anywhere}
dt i{display:inline-block;width:.7em;height:.7em;margin-right:.4em;border-radius:2px}
section{overflow-x:auto}svg{width:100%;min-width:560px;height:auto}
svg text{fill:var(--ink);font-size:12px}svg .row{font-weight:600}.grid{stroke:var(--rule)}
table{border-collapse:collapse;width:100%;margin-top:.8rem;font-size:.87rem}
th,td{padding:.2rem .5rem;text-align:left;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--faint);font-weight:500}.n{text-align:right;font-variant-numeric:tabular-nums}
.below td:last-child{color:var(--bad)}.ok td:last-child,.aim td:last-child{color:var(--good)}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::example;

    #[test]
    fn the_page_stands_alone() {
        let page = html(&example());
        for elsewhere in ["http", "src=", "href=", "@import", "url(", "<script"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
        assert!(page.contains("prefers-color-scheme:dark"));
    }

    #[test]
    fn every_tag_is_closed() {
        let page = html(&example());
        for tag in ["html", "body", "main", "section", "svg", "table", "tr", "td", "th", "dl", "dd"]
        {
            let opened = page.matches(&format!("<{tag}>")).count()
                + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(page.contains("redis-server --a &quot;&lt;b&gt;&quot;"));
        assert!(page.contains("<tr class=\"below\"><td>get</td>"));
        assert_eq!(page.matches("<polyline").count(), 2);
    }
}

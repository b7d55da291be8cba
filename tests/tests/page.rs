//! The page of a comparison, in a real browser.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::Path;
use std::process::Command;

use redd_conform::registry;
use redd_conform::render;
use redd_conform::report::{Host, Judgement, Manager, Payload, Report, SCHEMA, Verdict};
use redd_tests::{Need, needs};

/// A phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [360, 768, 1280];

#[test]
fn no_part_of_the_page_is_wider_than_the_window() {
    needs!(Need::Chromium);
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("page.html");
    // The page forbids scripts; what measures it stands in a copy without that line.
    let text = render::html(&reports(), registry::all());
    let (before, rest) = text.split_once("<meta http-equiv=").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let measure = "<script>addEventListener('load', () => document.title = 'width ' + document.documentElement.scrollWidth \
                   + ' of ' + document.documentElement.clientWidth)</script></body>";
    fs::write(&page, format!("{before}{}", after.replace("</body>", measure))).unwrap();
    // A window is at least 500 wide without a screen, so narrow ones are frames.
    for width in WIDTHS {
        let frame = directory.path().join("frame.html");
        let script = "addEventListener('load', () => document.title = document.querySelector('iframe').contentDocument.title)";
        let text = format!(
            "<iframe src=page.html style='width:{width}px;height:800px;border:0'></iframe><script>{script}</script>"
        );
        fs::write(&frame, text).unwrap();
        let dump = chromium(directory.path(), &["--allow-file-access-from-files", "--dump-dom"], &frame);
        let expected = format!("<title>width {width} of {width}</title>");
        assert!(dump.contains(&expected), "{expected} not in {}", &dump[..dump.len().min(500)]);
    }
}

#[test]
fn the_page_is_seen_in_light_in_dark_and_on_paper() {
    needs!(Need::Chromium);
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("page.html");
    fs::write(&page, render::html(&reports(), registry::all())).unwrap();
    let empty = directory.path().join("empty.html");
    fs::write(&empty, "<!DOCTYPE html><title>empty</title>").unwrap();
    let picture = |file: &Path, options: &[&str]| {
        let path = directory.path().join("picture.png");
        let shot = format!("--screenshot={}", path.display());
        chromium(directory.path(), &[options, &["--window-size=1280,1000", &shot]].concat(), file);
        fs::read(path).unwrap()
    };
    let light = picture(&page, &[]);
    let dark = picture(&page, &["--blink-settings=preferredColorScheme=0"]);
    // A picture of nothing is a few kilobytes once it is packed.
    let nothing = picture(&empty, &[]);
    assert!(light.len() > 5 * nothing.len(), "{} bytes, an empty page {}", light.len(), nothing.len());
    assert!(dark.len() > 5 * nothing.len(), "{} bytes, an empty page {}", dark.len(), nothing.len());
    assert_ne!(light, dark);
    let paper = directory.path().join("page.pdf");
    chromium(directory.path(), &[&format!("--print-to-pdf={}", paper.display())], &page);
    assert!(fs::read(paper).unwrap().starts_with(b"%PDF-"));
}

/// What a browser without a window prints; it talks to nobody.
fn chromium(directory: &Path, options: &[&str], file: &Path) -> String {
    let profile = tempfile::tempdir_in(directory).unwrap();
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).args(options);
    let output = command.arg(format!("file://{}", file.display())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// As many managers as there are known ones, with every verdict, long names and long words.
fn reports() -> Vec<Report> {
    let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable, Verdict::NotJudged];
    let report = |number: usize| {
        let judgements = registry::all().iter().enumerate().map(|(index, check)| Judgement {
            check: check.id.to_owned(),
            verdict: verdicts[(index * (number + 1) / 7) % verdicts.len()],
            evidence: "rw,nosuid,nodev,".repeat(index % 20),
        });
        Report {
            schema: SCHEMA,
            manager: Manager {
                name: format!("container-manager-{number}"),
                version: Some("252.39-1~deb12u2".to_owned()),
                mode: "user-namespace-and-veth-and-more".to_owned(),
            },
            host: Host {
                kernel: "6.18.0-a-long-name".to_owned(),
                cgroups: "v2".to_owned(),
                service_manager: None,
            },
            payload: Payload { os: Some("Debian GNU/Linux 13 (trixie)".to_owned()), init: None },
            judgements: judgements.collect(),
        }
    };
    (0..13).map(report).collect()
}

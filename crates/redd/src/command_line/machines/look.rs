//! The verbs that look at machines.

use clap::{Args, Subcommand};

use redd_spec::name::MachineName;

use crate::command_line::Format;
use crate::table::Legend;

/// The verbs that look at machines.
#[derive(Debug, Clone, Subcommand)]
pub enum Look {
    /// Show which machines there are, running and stopped
    #[command(visible_alias = "ls")]
    List(List),
    /// Show how a machine is, what runs in it, or why it does not run
    Status(Status),
    /// Show everything that is known of machines, for programs
    Show(Show),
    /// Print what happens to machines, a line of JSON each, until it is interrupted
    Events(Events),
    /// Show machines as they use the processors, again and again
    Top(Top),
    /// Print what a machine wrote to its console, or to its journal
    Logs(Logs),
    /// Draw what each part of a machine's boot cost, as SVG
    BootPlot(BootPlot),
}

/// `logs`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  redd logs web\n  redd logs -f -n 20 web\n  redd logs --journal --boot -1 web\n\nThe journal of a machine that does not run is read by its own journalctl, in a container made for that."
)]
pub struct Logs {
    /// The machine
    pub name: MachineName,
    /// Go on with what is written from now on
    #[arg(short, long)]
    pub follow: bool,
    /// Print the last lines alone
    #[arg(short = 'n', long)]
    pub lines: Option<usize>,
    /// Print one boot alone: 0 is the last one, -1 the one before, 1 the first one that is kept
    #[arg(short, long, allow_negative_numbers = true)]
    pub boot: Option<i64>,
    /// Print what was written to the console of a machine in the background; the default where there is such a log
    #[arg(long, conflicts_with = "journal")]
    pub console: bool,
    /// Print the journal
    #[arg(long)]
    pub journal: bool,
}

/// `boot-plot`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  redd boot-plot web > web.svg\n  redd restart web && redd wait web --for running && redd boot-plot web > web.svg\n  redd boot-plot web | display -"
)]
pub struct BootPlot {
    /// The machine, which runs
    pub name: MachineName,
}

/// `status`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  redd status web\n  redd status -n 50 web\n  redd status web db || echo one does not run\n\nEnds with 3 where a machine does not run."
)]
pub struct Status {
    /// The machines
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<MachineName>,
    /// How many lines of its console are shown
    #[arg(short = 'n', long, default_value_t = 10)]
    pub lines: usize,
}

/// `show`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  redd show web | jq -r .addresses[0]\n  redd show web | jq .usage.memory\n  redd show --json web db\n\nOne name gives an object, --json or several names an array; docs/json.md tells the fields."
)]
pub struct Show {
    /// The machines
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<MachineName>,
    /// Print an array, whatever is asked for
    #[arg(long)]
    pub json: bool,
}

/// `events`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  redd events\n  redd events web\n  redd events | jq -c 'select(.event == \"exited\")'"
)]
pub struct Events {
    /// The machines; all of them otherwise, those that come later too
    #[arg(value_name = "NAME")]
    pub names: Vec<MachineName>,
}

/// `top`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  redd top\n  redd top --once\n  redd top --json | head -1\n\nq ends it.")]
pub struct Top {
    /// Look for one interval, print, and end
    #[arg(long)]
    pub once: bool,
    /// Print a line of JSON for each interval
    #[arg(long)]
    pub json: bool,
    /// Seconds between two looks
    #[arg(short, long, default_value_t = 1.0, value_name = "SECONDS")]
    pub delay: f64,
}

/// `list`
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Examples:\n  redd list\n  redd list --running -q\n  redd list --json | jq '.[] | select(.state == \"running\")'"
)]
pub struct List {
    /// Print names alone
    #[arg(short, long)]
    pub quiet: bool,
    /// Print no names of columns
    #[arg(long)]
    pub no_legend: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Show every address, and what killed redds left behind
    #[arg(short, long)]
    pub all: bool,
    /// Pass stopped machines over
    #[arg(long)]
    pub running: bool,
}

impl List {
    /// How it is shown.
    #[must_use]
    pub const fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }

    /// Whether columns are named.
    #[must_use]
    pub const fn legend(&self) -> Legend {
        if self.no_legend { Legend::Hidden } else { Legend::Shown }
    }
}

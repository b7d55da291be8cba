//! The console, and the terminals beside it.

use redd_spec::Spec;
use redd_spec::console::{Background, ConsoleMode};
use redd_spec::payload::{Command, CommandInit, Payload};

use super::context::{Context, Steps, path};
use crate::action::{Action, ControllingTerminal};
use crate::clause::Clause::{EE3, EV3};
use crate::descriptor::{FdName, PtyNumber};

/// The ptys beside the console. The payload's devpts is new, so they are numbered from the first one on.
pub(super) fn extra_terminals(spec: &Spec) -> Vec<PtyNumber> {
    let first = u8::from(spec.console != ConsoleMode::Pipe);
    (first..first + spec.terminals.get()).map(PtyNumber).collect()
}

/// Before the pivot, where the payload's devpts is reached through its root.
pub(super) fn open(context: &Context<'_>, steps: &mut Steps) {
    if context.spec.console != ConsoleMode::Pipe {
        steps.child(Action::OpenConsole { target: path("/dev/console") }, &[EE3]);
    }
    let numbers = extra_terminals(context.spec);
    if !numbers.is_empty() {
        steps.child(Action::OpenTerminals { numbers }, &[EV3]);
    }
}

/// The managers' ends are for the host's side.
pub(super) fn hand_over(context: &Context<'_>, steps: &mut Steps) {
    let console = (context.spec.console != ConsoleMode::Pipe).then_some(FdName::ConsoleManager);
    let terminals = extra_terminals(context.spec).into_iter().map(FdName::Terminal);
    let names: Vec<FdName> = console.into_iter().chain(terminals).collect();
    if !names.is_empty() {
        steps.child(Action::SendDescriptors { names }, &[EE3]);
    }
}

/// Only where the console ends at a terminal, and one that has colours.
pub(super) fn background(context: &Context<'_>) -> Option<Background> {
    let has_colours = context.host.terminal.as_ref().is_some_and(|kind| kind != "dumb");
    let is_shown = matches!(context.spec.console, ConsoleMode::Interactive | ConsoleMode::ReadOnly);
    context.spec.background.clone().filter(|_| has_colours && is_shown)
}

pub(super) fn lead_session(context: &Context<'_>, steps: &mut Steps) {
    match context.spec.console {
        ConsoleMode::Pipe => steps.child(Action::LeadSession, &[]),
        ConsoleMode::Interactive | ConsoleMode::ReadOnly | ConsoleMode::Passive | ConsoleMode::Kept => {
            let terminal = match &context.spec.payload {
                Payload::Command(Command { init: CommandInit::Stub, .. }) => {
                    ControllingTerminal::LeftToCommand
                }
                Payload::Boot { .. } | Payload::Command(_) => ControllingTerminal::Taken,
            };
            steps.child(Action::AttachConsole { terminal }, &[EE3]);
            if let Some((uid, gid)) = context.unprivileged_user() {
                steps.child(Action::GiveConsole { uid, gid }, &[EE3]);
            }
        }
    }
}

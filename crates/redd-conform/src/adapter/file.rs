//! Anybody's own manager, described by a small file: docs/check-adapters.md.

mod form;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use form::FormError;
use form::{Form, Key, Line, Values};

use super::ask::{ask, init_below};
use super::{Adapter, AdapterError, Container, Network, Wish};
use crate::render::escape::printable;
use crate::report::Manager;

/// A manager as its file describes it.
#[derive(Debug)]
pub struct FileAdapter {
    form: Form,
    /// What `pid` found last: the file's `exec` may need it, and is not told of the supervisor.
    init: Cell<Option<u32>>,
}

impl FileAdapter {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong, with the number of its line.
    pub fn parse(text: &str) -> Result<Self, FormError> {
        Ok(Self { form: Form::parse(text)?, init: Cell::new(None) })
    }

    fn text(&self, key: Key) -> Option<String> {
        self.form.line(key).map(Line::text)
    }

    fn name(&self) -> String {
        self.text(Key::Name).unwrap_or_default()
    }

    fn command(&self, key: Key, values: &Values<'_>) -> Result<Command, AdapterError> {
        let line = self.form.line(key).ok_or_else(|| self.no_option(key.name()))?;
        let mut words = line.words(values)?.into_iter();
        let program = words.next().ok_or_else(|| AdapterError::Failed(format!("{} is empty", key.name())))?;
        let mut command = Command::new(program);
        command.args(words);
        Ok(command)
    }

    fn no_option(&self, wish: &str) -> AdapterError {
        AdapterError::NoOption { manager: self.name(), wish: wish.to_owned() }
    }

    fn wish(&self, container: &Container, wish: &Wish) -> Result<Vec<std::ffi::OsString>, AdapterError> {
        let mut values = Values::of(container);
        let key = match wish {
            Wish::Credential { name, value } => {
                values.credential = Some((name, value));
                Key::Credential
            }
            Wish::FewCapabilities => Key::FewCapabilities,
            Wish::BoundUser(user) => {
                values.user = Some(user);
                Key::BoundUser
            }
            Wish::OrdinaryUser { .. } => return Err(self.no_option("a start by an ordinary user")),
        };
        let line = self.form.line(key).ok_or_else(|| self.no_option(key.name()))?;
        line.words(&values)
    }
}

impl Adapter for FileAdapter {
    fn manager(&self) -> Manager {
        let version = self.form.line(Key::Version).and_then(|line| {
            let words = line.words(&Values::default()).ok()?;
            let (program, arguments) = words.split_first()?;
            let answer = ask(Command::new(program).args(arguments)).ok()?;
            answer.lines().next().map(printable)
        });
        let mode = self.text(Key::Mode).unwrap_or_else(|| "default".to_owned());
        Manager { name: self.name(), version, mode }
    }

    fn create(&self, container: &Container) -> Result<(), AdapterError> {
        match self.form.line(Key::Create) {
            Some(_) => ask(&mut self.command(Key::Create, &Values::of(container))?).map(drop),
            None => Ok(()),
        }
    }

    fn start(&self, container: &Container, wishes: &[Wish]) -> Result<Command, AdapterError> {
        let mut values = Values::of(container);
        for wish in wishes {
            values.wishes.extend(self.wish(container, wish)?);
        }
        self.command(Key::Start, &values)
    }

    fn stop(&self, container: &Container, supervisor: u32) -> Result<Command, AdapterError> {
        let values = Values { supervisor: Some(supervisor), init: self.init.get(), ..Values::of(container) };
        self.command(Key::Stop, &values)
    }

    fn exec(&self, container: &Container, words: &[&str]) -> Result<Command, AdapterError> {
        self.command(Key::Exec, &Values { program: words, init: self.init.get(), ..Values::of(container) })
    }

    fn pid(&self, container: &Container, supervisor: u32) -> Result<Option<u32>, AdapterError> {
        let values = Values { supervisor: Some(supervisor), ..Values::of(container) };
        let init = match self.form.line(Key::Pid) {
            None => init_below(supervisor),
            // It fails before there is an init.
            Some(_) => ask(&mut self.command(Key::Pid, &values)?)
                .ok()
                .and_then(|answer| answer.trim().parse().ok())
                .filter(|pid| *pid > 0),
        };
        self.init.set(init);
        Ok(init)
    }

    fn remove(&self, container: &Container) -> Result<(), AdapterError> {
        match self.form.line(Key::Remove) {
            Some(_) => ask(&mut self.command(Key::Remove, &Values::of(container))?).map(drop),
            None => Ok(()),
        }
    }

    fn restart_status(&self) -> Option<i32> {
        self.form.restart_status()
    }

    fn bind(&self, container: &Container, source: &Path, target: &Path) -> Result<Command, AdapterError> {
        let bind = Some((source, target));
        if self.form.line(Key::Bind).is_none() {
            return Err(self.no_option("mounts while it runs"));
        }
        self.command(Key::Bind, &Values { bind, init: self.init.get(), ..Values::of(container) })
    }

    fn unix_export(&self, container: &Container) -> Option<PathBuf> {
        let words = self.form.line(Key::UnixExport)?.words(&Values::of(container)).ok()?;
        words.into_iter().next().map(PathBuf::from)
    }

    fn network(&self) -> Network {
        self.form.network()
    }
}

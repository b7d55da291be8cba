//! What binds PID 1 beside its cgroups, for whoever is to be bound as it is.

use redd_plan::action::Exactness;
use redd_spec::resources::{ResourceLimit, RlimitResource};
use redd_sys::Errno;
use rustix::process::{Resource, getrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::{EnterError, Leader};
use crate::StepError;
use crate::error::best_effort;
use crate::facts::read_text;
use crate::host::limits;

/// What the lines of `/proc/PID/limits` begin with.
const NAMES: [(&str, RlimitResource); 16] = [
    ("Max cpu time", RlimitResource::Cpu),
    ("Max file size", RlimitResource::Fsize),
    ("Max data size", RlimitResource::Data),
    ("Max stack size", RlimitResource::Stack),
    ("Max core file size", RlimitResource::Core),
    ("Max resident set", RlimitResource::Rss),
    ("Max processes", RlimitResource::Nproc),
    ("Max open files", RlimitResource::Nofile),
    ("Max locked memory", RlimitResource::Memlock),
    ("Max address space", RlimitResource::As),
    ("Max file locks", RlimitResource::Locks),
    ("Max pending signals", RlimitResource::Sigpending),
    ("Max msgqueue size", RlimitResource::Msgqueue),
    ("Max nice priority", RlimitResource::Nice),
    ("Max realtime priority", RlimitResource::Rtprio),
    ("Max realtime timeout", RlimitResource::Rttime),
];

/// What differs from what this process has.
#[derive(Debug)]
pub(super) struct Limits {
    resources: Vec<ResourceLimit>,
    processors: Option<CpuSet>,
    /// The kernel ends PID 1 before this process, unless it gets this one.
    oom_score: Option<String>,
}

impl Limits {
    pub(super) fn of(leader: &Leader) -> Result<Self, EnterError> {
        let own = |file: &str| read_text(format!("/proc/self/{file}")).ok().flatten().unwrap_or_default();
        let theirs = leader.read("limits")?;
        let limits = theirs.lines().filter_map(parse).map(without_the_inits_own);
        let resources = limits.filter(|limit| !is_own(limit)).collect();
        let processors = sched_getaffinity(Some(leader.pid)).map_err(|_gone| EnterError::NotRunning)?;
        let score = leader.read("oom_score_adj")?;
        let number = |text: &str| text.trim().parse::<i32>().unwrap_or_default();
        Ok(Self {
            resources,
            processors: (sched_getaffinity(None) != Ok(processors)).then_some(processors),
            oom_score: (number(&score) > number(&own("oom_score_adj"))).then_some(score),
        })
    }

    /// Before anything is joined: only the host's root may raise some.
    pub(super) fn set(&self) -> Result<(), StepError> {
        limits::set(None, &self.resources, Exactness::Closest)?;
        if let Some(processors) = &self.processors {
            // Its own cgroup may leave none of them.
            best_effort(sched_setaffinity(None, processors));
        }
        match &self.oom_score {
            Some(score) => std::fs::write("/proc/self/oom_score_adj", score.trim())
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO).into()),
            None => Ok(()),
        }
    }
}

/// An init raises for itself how many files it may have open, which programs of old are not made for.
fn without_the_inits_own(limit: ResourceLimit) -> ResourceLimit {
    if limit.resource != RlimitResource::Nofile {
        return limit;
    }
    let own = getrlimit(Resource::Nofile).current;
    let soft = match (limit.soft, own) {
        (Some(theirs), Some(own)) => Some(theirs.min(own)),
        (theirs, own) => theirs.or(own),
    };
    ResourceLimit { soft, ..limit }
}

/// Whether this process has it already.
fn is_own(limit: &ResourceLimit) -> bool {
    let own = getrlimit(limits::resource(limit.resource));
    (own.current, own.maximum) == (limit.soft, limit.hard)
}

fn parse(line: &str) -> Option<ResourceLimit> {
    let (name, resource) = NAMES.into_iter().find(|(name, _)| line.starts_with(name))?;
    let mut fields = line[name.len()..].split_whitespace();
    let mut amount = || match fields.next()? {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some(ResourceLimit { resource, soft: amount()?, hard: amount()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_that_the_kernel_lists_is_read() {
        let text = std::fs::read_to_string("/proc/self/limits").unwrap();
        let parsed: Vec<ResourceLimit> = text.lines().filter_map(parse).collect();
        assert_eq!(parsed.len(), NAMES.len(), "{text}");
        let files = parsed.iter().find(|limit| limit.resource == RlimitResource::Nofile).unwrap();
        let own = getrlimit(Resource::Nofile);
        assert_eq!((files.soft, files.hard), (own.current, own.maximum));
    }
}

//! Container managers inside a redd payload (`--nesting`): redd itself, crun, Podman and systemd's own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod attacks;
mod levels;
mod managers;
mod outer;

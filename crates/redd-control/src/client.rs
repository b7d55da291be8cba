//! The end of the one who asks. Nobody waits for a supervisor for ever.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use redd_spec::name::MachineName;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendFlags,
    SocketAddrUnix, SocketFlags, SocketType, connect, recvmsg, sendmsg, socket_with,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::frame::{Frames, REPLY_MAX};
use crate::message::{self, Call, Reply};
use crate::place;

/// How long a supervisor may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How many descriptors come with a reply at most.
const DESCRIPTORS_MAX: usize = 8;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens: the machine does not run.
    #[error("it does not run")]
    NotRunning,
    /// Something is there, and is not to be reached.
    #[error("its supervisor cannot be reached")]
    Unreachable(#[source] io::Error),
    /// It takes too long.
    #[error("its supervisor does not answer within {0:?}")]
    TimedOut(Duration),
    /// It went away.
    #[error("its supervisor ended")]
    Closed,
    /// It answers something else.
    #[error("its supervisor answers what nobody understands")]
    Malformed(#[source] io::Error),
    /// It says no.
    #[error("its supervisor refuses: {name}{}", parameters.as_deref().unwrap_or_default())]
    Refused {
        /// Which error.
        name: String,
        /// What it says of it.
        parameters: Option<String>,
    },
}

/// A connection to a machine's supervisor.
#[derive(Debug)]
pub struct Client {
    socket: OwnedFd,
    frames: Frames,
    descriptors: Vec<OwnedFd>,
    patience: Duration,
}

impl Client {
    /// Connects to the supervisor of a machine.
    ///
    /// # Errors
    /// The machine does not run, or its supervisor is not to be reached.
    pub fn connect(name: &MachineName) -> Result<Self, ClientError> {
        Self::connect_to(&place::directory(name).join(place::CONTROL))
    }

    /// Connects to whoever listens at a path.
    ///
    /// # Errors
    /// Nobody does, or nobody is to be reached.
    pub fn connect_to(path: &Path) -> Result<Self, ClientError> {
        let unreachable = |errno: Errno| match errno {
            Errno::NOENT | Errno::CONNREFUSED => ClientError::NotRunning,
            Errno::AGAIN => ClientError::TimedOut(Duration::ZERO),
            errno => ClientError::Unreachable(errno.into()),
        };
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        // By its descriptor: a name of 64 characters may make a path longer than an address can be.
        let file = openat(CWD, path, flags, Mode::empty()).map_err(unreachable)?;
        use std::os::fd::AsRawFd as _;
        let address =
            SocketAddrUnix::new(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(unreachable)?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(unreachable)?;
        connect(&socket, &address).map_err(unreachable)?;
        let frames = Frames::new(REPLY_MAX);
        Ok(Self { socket, frames, descriptors: Vec::new(), patience: PATIENCE })
    }

    /// Waits longer, or shorter, for an answer from now on.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Calls a method that answers once.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub fn call<T: DeserializeOwned>(
        &mut self,
        method: &str,
        parameters: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.call_with_descriptors(method, parameters).map(|(answer, _)| answer)
    }

    /// The same, with the descriptors that came with the answer.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub fn call_with_descriptors<T: DeserializeOwned>(
        &mut self,
        method: &str,
        parameters: &impl Serialize,
    ) -> Result<(T, Vec<OwnedFd>), ClientError> {
        let deadline = Instant::now() + self.patience;
        self.send(&Call::new(method, parameters), deadline)?;
        let reply = self.receive(Some(deadline))?;
        Ok((parameters_of(reply)?, std::mem::take(&mut self.descriptors)))
    }

    /// Calls a method that answers once, without waiting for that: [`Self::next_reply`] has the answer. Who asks many
    /// supervisors asks all of them first.
    ///
    /// # Errors
    /// It cannot be sent.
    pub fn ask(&mut self, method: &str, parameters: &impl Serialize) -> Result<(), ClientError> {
        self.send(&Call::new(method, parameters), Instant::now() + self.patience)
    }

    /// Calls a method that answers again and again; [`Self::next_reply`] has the answers.
    ///
    /// # Errors
    /// It cannot be sent.
    pub fn subscribe(&mut self, method: &str, parameters: &impl Serialize) -> Result<(), ClientError> {
        let call = Call { more: true, ..Call::new(method, parameters) };
        self.send(&call, Instant::now() + self.patience)
    }

    /// Waits for one more answer, without a deadline for ever.
    ///
    /// # Errors
    /// There is none, or it is no.
    pub fn next_reply<T: DeserializeOwned>(&mut self, deadline: Option<Instant>) -> Result<T, ClientError> {
        parameters_of(self.receive(deadline)?)
    }

    fn send(&self, call: &Call, deadline: Instant) -> Result<(), ClientError> {
        let bytes = message::encode(call);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let mut nothing = SendAncillaryBuffer::default();
            match sendmsg(&self.socket, &[IoSlice::new(rest)], &mut nothing, SendFlags::NOSIGNAL) {
                Ok(length) => rest = &rest[length..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT, Some(deadline))?,
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(ClientError::Closed),
                Err(errno) => return Err(ClientError::Unreachable(errno.into())),
            }
        }
        Ok(())
    }

    fn receive(&mut self, deadline: Option<Instant>) -> Result<Reply, ClientError> {
        loop {
            let malformed = |error: io::Error| ClientError::Malformed(error);
            if let Some(message) =
                self.frames.next_message().map_err(|error| malformed(io::Error::other(error)))?
            {
                return serde_json::from_slice(&message).map_err(|error| malformed(error.into()));
            }
            self.wait(PollFlags::IN, deadline)?;
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<(), ClientError> {
        let mut buffer = [0; 16 * 1024];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = retry_on_intr(|| {
            recvmsg(
                &self.socket,
                &mut [IoSliceMut::new(&mut buffer)],
                &mut ancillary,
                RecvFlags::CMSG_CLOEXEC,
            )
        });
        match received {
            Ok(received) if received.bytes == 0 => Err(ClientError::Closed),
            Ok(received) => {
                self.frames.extend(&buffer[..received.bytes]);
                for message in ancillary.drain() {
                    if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                        self.descriptors.extend(descriptors);
                    }
                }
                Ok(())
            }
            Err(Errno::AGAIN) => Ok(()),
            Err(Errno::CONNRESET) => Err(ClientError::Closed),
            Err(errno) => Err(ClientError::Unreachable(errno.into())),
        }
    }

    fn wait(&self, flags: PollFlags, deadline: Option<Instant>) -> Result<(), ClientError> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        match poll(&mut [PollFd::from_borrowed_fd(self.socket.as_fd(), flags)], timeout.as_ref()) {
            Ok(0) => Err(ClientError::TimedOut(self.patience)),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(ClientError::Unreachable(errno.into())),
        }
    }
}

/// To wait for it beside other things.
impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn parameters_of<T: DeserializeOwned>(reply: Reply) -> Result<T, ClientError> {
    if let Some(name) = reply.error {
        let parameters =
            (!reply.parameters.is_empty()).then(|| format!(" {}", serde_json::Value::from(reply.parameters)));
        return Err(ClientError::Refused { name, parameters });
    }
    serde_json::from_value(reply.parameters.into()).map_err(|error| ClientError::Malformed(error.into()))
}

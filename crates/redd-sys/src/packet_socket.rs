//! Packets as they come in at one link (packet(7)): also at a port of a bridge, before that has them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use linux_raw_sys::general::__NR_setsockopt;
use rustix::io::{Errno, retry_on_intr};
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with,
};

use crate::syscall::{self, fd_argument};

const SOL_SOCKET: usize = 1;
const SO_ATTACH_FILTER: usize = 26;
const SOL_PACKET: usize = 263;
const PACKET_IGNORE_OUTGOING: usize = 23;
/// `ETH_P_ALL`: what a bridge takes away is seen with this one only.
const EVERY_PROTOCOL: u16 = 3;

/// `struct sockaddr_ll`
#[repr(C)]
struct LinkAddress {
    family: u16,
    /// In network order.
    protocol: u16,
    link: i32,
    hardware_type: u16,
    packet_type: u8,
    hardware_length: u8,
    hardware: [u8; 8],
}

impl LinkAddress {
    fn new(link: u32, protocol: u16, hardware: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = hardware;
        Self {
            family: AddressFamily::PACKET.as_raw(),
            protocol: protocol.to_be(),
            link: i32::try_from(link).unwrap_or(0),
            hardware_type: 0,
            packet_type: 0,
            hardware_length: 6,
            hardware: [a, b, c, d, e, f, 0, 0],
        }
    }
}

// SAFETY: the pointer is that of a structure that the kernel reads as `struct sockaddr_ll`, with its length; it lives
// until the call returns.
unsafe impl SocketAddrArg for LinkAddress {
    unsafe fn with_sockaddr<R>(&self, call: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R) -> R {
        let length = size_of::<Self>();
        call((&raw const *self).cast(), SocketAddrLen::try_from(length).unwrap_or(0))
    }
}

/// `struct sock_fprog`
#[repr(C)]
struct FilterProgram {
    length: u16,
    instructions: *const u64,
}

/// A socket at one link. Packets have no frame: they begin with the head of IP.
#[derive(Debug)]
pub struct PacketSocket {
    socket: OwnedFd,
    link: u32,
}

impl PacketSocket {
    /// Listens at a link for what a filter lets through; each item of that is one 8-byte `struct sock_filter`.
    /// Nothing is waited for.
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2) and bind(2).
    pub fn listen(link: u32, filter: &[u64]) -> Result<Self, Errno> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // Without a protocol nothing comes before the filter is there.
        let socket = socket_with(AddressFamily::PACKET, SocketType::DGRAM, flags, None::<Protocol>)?;
        let length = u16::try_from(filter.len()).map_err(|_too_long| Errno::INVAL)?;
        let program = FilterProgram { length, instructions: filter.as_ptr() };
        set_option(socket.as_fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program)?;
        set_option(socket.as_fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &1_i32)?;
        bind(&socket, &LinkAddress::new(link, EVERY_PROTOCOL, [0; 6]))?;
        Ok(Self { socket, link })
    }

    /// The next packet, where there is one: how much of the buffer it fills.
    ///
    /// # Errors
    /// Those of recv(2).
    pub fn receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, Errno> {
        match retry_on_intr(|| recv(&self.socket, &mut *buffer, RecvFlags::empty())) {
            Ok((_, length)) => Ok(Some(length.min(buffer.len()))),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Sends a packet of this protocol (`ETH_P_*`) to somebody at the link.
    ///
    /// # Errors
    /// Those of sendto(2).
    pub fn send(&self, protocol: u16, hardware: [u8; 6], packet: &[u8]) -> Result<(), Errno> {
        let to = LinkAddress::new(self.link, protocol, hardware);
        retry_on_intr(|| sendto(&self.socket, packet, SendFlags::empty(), &to)).map(drop)
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn set_option<T>(socket: BorrowedFd<'_>, level: usize, name: usize, value: &T) -> Result<(), Errno> {
    let (pointer, length) = (std::ptr::from_ref(value) as usize, size_of::<T>());
    let arguments = [fd_argument(socket), level, name, pointer, length, 0];
    // SAFETY: both callers pass a value of the type that the kernel reads for this option, and all that it points to;
    // it lives until the call returns.
    unsafe { syscall::raw(__NR_setsockopt, arguments) }.map(drop)
}

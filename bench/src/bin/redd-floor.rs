//! The floor: what the kernel itself must do for a container, and nothing else.
//!
//! One clone3(2) with the namespaces that redd makes, born in a new cgroup; the mounts that redd makes; one
//! execve(2); the wait. No options, no checks, no filter, no clean-up but of the cgroup: nobody should use it.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};

use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::mount::{self, MountAttribute, MountAttributes, Propagation, Recursion};
use redd_sys::process::{self, ExecVectors};
use redd_sys::single_thread::SingleThreaded;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::mount::{UnmountFlags, unmount};
use rustix::pipe::pipe;
use rustix::process::{WaitId, WaitIdOptions, waitid};

/// Where the container gets its ids from, with a user namespace.
const FIRST_ID: u32 = 0x0800_0000;
const LINK: &str = "ve-floor";

/// What is mounted anew: kind, place, flags.
const FILE_SYSTEMS: [(&str, &str, MountAttribute); 9] = {
    let bare = MountAttribute::NO_SUID.union(MountAttribute::NO_DEVICES);
    let data = bare.union(MountAttribute::NO_EXEC);
    [
        ("proc", "proc", data),
        ("sysfs", "sys", data.union(MountAttribute::READ_ONLY)),
        ("cgroup2", "sys/fs/cgroup", data),
        ("tmpfs", "dev", MountAttribute::NO_SUID),
        ("devpts", "dev/pts", MountAttribute::NO_SUID.union(MountAttribute::NO_EXEC)),
        ("tmpfs", "dev/shm", bare),
        ("mqueue", "dev/mqueue", data),
        ("tmpfs", "run", bare),
        ("tmpfs", "tmp", bare),
    ]
};
/// What is mounted on itself: place, flags.
const BINDS: [(&str, MountAttribute); 8] = {
    let data = MountAttribute::NO_SUID.union(MountAttribute::NO_DEVICES).union(MountAttribute::NO_EXEC);
    let read_only = data.union(MountAttribute::READ_ONLY);
    [
        ("proc/sys", read_only),
        ("proc/sys/net", data),
        ("proc/bus", read_only),
        ("proc/fs", read_only),
        ("proc/irq", read_only),
        ("proc/sysrq-trigger", read_only),
        ("proc/timer_list", read_only),
        ("proc/sys/kernel/random/boot_id", read_only),
    ]
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (with_users, words) = match words.split_first() {
        Some((first, rest)) if first == "--users-and-veth" => (true, rest),
        _ => (false, &words[..]),
    };
    let [tree, command @ ..] = words else { return };
    let cgroup_path = format!("{}/floor-{}", own_cgroup(), std::process::id());
    fs::create_dir(&cgroup_path).unwrap();
    let cgroup = openat(CWD, &cgroup_path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let (go_on, wait_for_it) = pipe_pair();
    let mut namespaces = Namespaces::MOUNT
        | Namespaces::PID
        | Namespaces::IPC
        | Namespaces::UTS
        | Namespaces::NETWORK
        | Namespaces::CGROUP;
    if with_users {
        namespaces |= Namespaces::USER;
    }
    let proof = SingleThreaded::check().unwrap();
    let request = CloneRequest { namespaces, into_cgroup: Some(cgroup.as_fd()) };
    let child = match clone_process(&proof, &request).unwrap() {
        Cloned::Parent(child) => child,
        Cloned::Child => {
            drop(go_on);
            be_container(tree, command, with_users.then_some(wait_for_it))
        }
    };
    if with_users {
        map_ids(&child);
        veth::create(&child);
        rustix::io::write(&go_on, b"x").unwrap();
    }
    waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED).unwrap();
    while fs::remove_dir(&cgroup_path).is_err() {}
}

fn pipe_pair() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = pipe().unwrap();
    (writer, reader)
}

fn own_cgroup() -> String {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap();
    let own = text.lines().find_map(|line| line.strip_prefix("0::")).unwrap();
    format!("/sys/fs/cgroup{}", own.trim_end_matches('/'))
}

fn map_ids(child: &ChildProcess) {
    for name in ["uid_map", "gid_map"] {
        let path = format!("/proc/{}/{name}", child.pid.as_raw_nonzero());
        fs::write(path, format!("0 {FIRST_ID} 65536\n")).unwrap();
    }
}

fn be_container(tree: &str, command: &[String], gate: Option<OwnedFd>) -> ! {
    if let Some(gate) = gate {
        rustix::io::read(&gate, &mut [0; 1]).unwrap();
        rustix::thread::set_thread_res_gid(
            rustix::thread::Gid::ROOT,
            rustix::thread::Gid::ROOT,
            rustix::thread::Gid::ROOT,
        )
        .unwrap();
        rustix::thread::set_thread_res_uid(
            rustix::thread::Uid::ROOT,
            rustix::thread::Uid::ROOT,
            rustix::thread::Uid::ROOT,
        )
        .unwrap();
    }
    let host = open("/");
    let private = MountAttributes { propagation: Some(Propagation::Private), ..MountAttributes::default() };
    mount::set_attributes(host.as_fd(), Recursion::Recursive, &private).unwrap();
    let root = mount::copy_tree(open(tree).as_fd(), c"", Recursion::Single).unwrap();
    mount::attach(root.as_fd(), host.as_fd()).unwrap();
    rustix::process::fchdir(&root).unwrap();
    for (kind, place, flags) in FILE_SYSTEMS {
        if place.contains("dev/") {
            fs::create_dir(place).unwrap();
        }
        let made = mount::new_file_system(kind, &[], flags).unwrap();
        mount::attach(made.as_fd(), open(place).as_fd()).unwrap();
    }
    for (place, flags) in BINDS {
        if fs::exists(place).is_ok_and(|exists| !exists) {
            continue;
        }
        let copy = mount::copy_tree(open(place).as_fd(), c"", Recursion::Single).unwrap();
        let attributes = MountAttributes { set: flags, ..MountAttributes::default() };
        mount::set_attributes(copy.as_fd(), Recursion::Single, &attributes).unwrap();
        mount::attach(copy.as_fd(), open(place).as_fd()).unwrap();
    }
    rustix::process::pivot_root(".", ".").unwrap();
    unmount(".", UnmountFlags::DETACH).unwrap();
    let arguments: Vec<CString> = command.iter().map(|word| CString::new(word.as_str()).unwrap()).collect();
    let vectors = ExecVectors::new(arguments.iter().map(CString::as_c_str), []);
    let errno = process::execute(&arguments[0], &vectors);
    panic!("{}: {errno}", command[0])
}

fn open(path: &str) -> OwnedFd {
    openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

/// A pair of links between the host and the container.
mod veth {
    use super::{ChildProcess, LINK, Mode, OFlags, openat};
    use netlink_packet_core::{
        NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    };
    use netlink_packet_route::RouteNetlinkMessage;
    use netlink_packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkInfo, LinkMessage};
    use rustix::fs::CWD;
    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
    };
    use std::os::fd::AsRawFd as _;

    pub(super) fn create(child: &ChildProcess) {
        let path = format!("/proc/{}/ns/net", child.pid.as_raw_nonzero());
        let namespace = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let mut peer = LinkMessage::default();
        peer.attributes =
            vec![LinkAttribute::IfName("host0".to_owned()), LinkAttribute::NetNsFd(namespace.as_raw_fd())];
        let mut message = LinkMessage::default();
        message.attributes = vec![
            LinkAttribute::IfName(format!("{LINK}{}", std::process::id() % 1_000_000)),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::Veth),
                LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
            ]),
        ];
        let payload = NetlinkPayload::from(RouteNetlinkMessage::NewLink(message));
        let mut packet = NetlinkMessage::new(NetlinkHeader::default(), payload);
        packet.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        packet.finalize();
        let mut buffer = vec![0; packet.buffer_len()];
        packet.serialize(&mut buffer);
        let socket =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None).unwrap();
        send(&socket, &buffer, SendFlags::empty()).unwrap();
        let mut answer = [0; 4096];
        let (length, _) = recv(&socket, &mut answer, RecvFlags::empty()).unwrap();
        assert!(length >= 20 && answer[16..20] == [0; 4], "the links could not be made");
    }
}

//! RH.

use super::Judge;
use super::access::{Judged, fails, node, not_applicable, not_judged, passes_if, succeeded};
use crate::observation::Observations;

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("RH0.1", |seen| node(seen.first()?, "/run/host", |node| node.kind == "directory")),
    ("RH0.2", is_read_only),
    ("RH1.1", incoming),
    ("RH1.2", |seen| done(seen.of_lives(|lives| lives.live_bind.as_ref(), "no mount was added")?)),
    ("RH2.1", |seen| inaccessible(seen, "reg", "file")),
    ("RH2.2", |seen| inaccessible(seen, "dir", "directory")),
    ("RH2.3", |seen| inaccessible(seen, "fifo", "fifo")),
    ("RH2.4", |seen| inaccessible(seen, "sock", "socket")),
    ("RH2.5", |seen| inaccessible(seen, "chr", "character")),
    ("RH2.6", |seen| inaccessible(seen, "blk", "block")),
    ("RH2.7", hidden_device),
    ("RH3.1", notify),
    ("RH4.1", os_release),
    ("RH5.1", |seen| repeats(seen, "/run/host/container-manager", "container")),
    ("RH5.2", |seen| {
        let result = seen.attempt("as-nobody:read:/run/host/container-manager")?;
        passes_if(succeeded(result), format!("user 65534 reads it: {result}"))
    }),
    ("RH6.1", |seen| repeats(seen, "/run/host/container-uuid", "container_uuid")),
    ("RH7.1", credentials),
    ("RH8.1", |seen| {
        let result = seen.own_attempt("socket:/run/host/unix-export")?;
        passes_if(succeeded(result), format!("a new socket: {result}"))
    }),
    ("RH8.2", export),
    ("RH9.1", ssh),
    ("RH10.1", |seen| {
        told(seen.of_lives(|lives| lives.bound_user.as_ref(), "no user of the host was bound")?)
    }),
    ("RH11.1", |seen| {
        told(seen.of_lives(|lives| lives.bound_home.as_ref(), "no user of the host was bound")?)
    }),
];

fn done(result: &Result<(), String>) -> Judged {
    match result {
        Ok(()) => passes_if(true, "it worked"),
        Err(error) => fails(error.as_str()),
    }
}

fn told(result: &Result<String, String>) -> Judged {
    match result {
        Ok(line) => passes_if(true, line.as_str()),
        Err(error) => fails(error.as_str()),
    }
}

fn is_read_only(seen: &Observations) -> Judged {
    if let Ok(result) = seen.own_attempt("create:/run/host") {
        return passes_if(result == "EROFS", format!("a new file in /run/host: {result}"));
    }
    let first = seen.first()?;
    match first.mount("/run/host") {
        Some(mount) => passes_if(mount.is_read_only(), mount.line()),
        None => fails("nothing is mounted at /run/host"),
    }
}

fn incoming(seen: &Observations) -> Judged {
    let latest = seen.latest()?;
    match (latest.mount("/run/host/incoming"), latest.nodes.get("/run/host/incoming")) {
        (Some(mount), _) if mount.propagation.contains("master:") => passes_if(true, mount.line()),
        (_, Some(_)) => Err(not_applicable(
            "the directory is there; with the kernel's new mount API it needs no propagation",
        )),
        (_, None) => fails("/run/host/incoming is not there"),
    }
}

fn inaccessible(seen: &Observations, name: &str, kind: &str) -> Judged {
    node(seen.first()?, &format!("/run/host/inaccessible/{name}"), |node| {
        let is_device = matches!(kind, "character" | "block");
        node.kind == kind && node.mode == 0 && (!is_device || node.stands_for == "0:0")
    })
}

fn hidden_device(seen: &Observations) -> Judged {
    let look = seen.in_unit("InaccessibleDevice", "stat:/dev/zero")?;
    let read = seen.in_unit("InaccessibleDevice", "read:/dev/zero")?;
    let keeps_kind = look.contains(": character ");
    passes_if(keeps_kind && !succeeded(&read), format!("{look}; read: {read}"))
}

fn notify(seen: &Observations) -> Judged {
    let first = seen.first()?;
    let variable = first.variable("NOTIFY_SOCKET").unwrap_or("(not set)");
    match first.nodes.get("/run/host/notify") {
        Some(node) => {
            let holds = node.kind == "socket" && variable == "/run/host/notify";
            passes_if(holds, format!("{}; NOTIFY_SOCKET={variable}", node.line()))
        }
        None => fails(format!("/run/host/notify is not there; NOTIFY_SOCKET={variable}")),
    }
}

fn os_release(seen: &Observations) -> Judged {
    match seen.first()?.texts.get("/run/host/os-release") {
        Some(text) => passes_if(*text == seen.host.os_release, text.lines().next().unwrap_or_default()),
        None => fails("/run/host/os-release is not there"),
    }
}

fn repeats(seen: &Observations, path: &str, variable: &str) -> Judged {
    let first = seen.first()?;
    let value = first.variable(variable);
    match first.texts.get(path) {
        Some(text) => {
            let holds = value.is_some_and(|value| *text == format!("{value}\n"));
            passes_if(holds, format!("{path}: {text:?}, {variable}={}", value.unwrap_or("(not set)")))
        }
        None => fails(format!("{path} is not there")),
    }
}

fn credentials(seen: &Observations) -> Judged {
    match (seen.first()?.variable("CREDENTIALS_DIRECTORY"), &seen.given.credential) {
        (Some(value), _) => {
            passes_if(value == "/run/host/credentials", format!("CREDENTIALS_DIRECTORY={value}"))
        }
        (None, Some(_)) => fails("CREDENTIALS_DIRECTORY is not set"),
        (None, None) => Err(not_applicable("there are no credentials")),
    }
}

fn export(seen: &Observations) -> Judged {
    let export = seen.outside()?.unix_export.as_ref();
    let export =
        export.ok_or_else(|| not_judged("where the host has it is not known: redd check --manager"))?;
    let holds = export.is_there && !succeeded(&export.write) && succeeded(&export.connect);
    passes_if(
        holds,
        format!("there: {}, a new file: {}, connecting: {}", export.is_there, export.write, export.connect),
    )
}

fn ssh(seen: &Observations) -> Judged {
    const GENERATOR: &str = "/usr/lib/systemd/system-generators/systemd-ssh-generator";
    let after = seen.after()?;
    if !after.nodes.contains_key("/usr/sbin/sshd") || !after.nodes.contains_key(GENERATOR) {
        return Err(not_applicable("the payload has no sshd, or a systemd before 256"));
    }
    node(after, "/run/host/unix-export/ssh", |node| node.kind == "socket")
}

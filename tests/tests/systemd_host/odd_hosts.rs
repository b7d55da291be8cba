//! Hosts that lack something, or on which something does not answer: a machine starts and ends all the same, with one clear line,
//! and nothing is left.

use redd_lab::{Options, Part, Unit};
use redd_tests::{Need, needs};

use crate::life::{NAME, Place, TINY};

/// A socket that everybody can connect to, and where nobody answers.
fn deaf_bus(options: Options) -> Options {
    let masked = ["dbus.service", "dbus.socket", "systemd-logind.service", "polkit.service"];
    masked
        .into_iter()
        .fold(options, Options::masked)
        .enabled("deaf.socket", "[Socket]\nListenStream=/run/dbus/system_bus_socket\n")
        .file("/etc/systemd/system/deaf.service", "[Service]\nExecStart=sleep infinity\n")
        .commands_as(Unit::Scope)
}

#[test]
fn a_machine_lives_on_a_host_without_machined() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::with(|options| options.without(Part::Machined));
    place.starts_and_stops("");
}

#[test]
fn a_machine_lives_on_a_host_without_networkd_and_resolved_with_a_link_of_its_own() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::with(|options| options.without(Part::Networkd).without(Part::Resolved));
    place.starts_and_stops("--network-veth");
}

#[test]
fn a_machine_lives_on_a_host_without_a_bus() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::with(|options| options.without(Part::Bus));
    place.starts_and_stops("");
}

#[test]
fn a_machine_lives_on_a_host_whose_bus_does_not_answer() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::with(deaf_bus);
    place.starts_and_stops("");
}

#[test]
fn a_machine_lives_on_a_host_with_no_more_than_systemd() {
    needs!(Need::Root, Need::SystemdHost);
    let parts = [Part::Machined, Part::Networkd, Part::Resolved, Part::Bus];
    let place = Place::with(|options| parts.into_iter().fold(options, Options::without));
    place.starts_and_stops("");
}

#[test]
fn a_machine_lives_where_machined_does_not_answer() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary().changed("machinectl list && systemctl kill --signal=STOP systemd-machined");
    place.starts_and_stops("");
}

#[test]
fn a_machine_lives_where_neither_the_bus_nor_systemd_itself_answer() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::with(deaf_bus);
    // In one unit, as nobody gets another one meanwhile.
    let script = format!(
        "mv /run/systemd/private /run/systemd/aside
        systemd-socket-activate --listen=/run/systemd/private sleep infinity 2> /dev/null & nobody=$!
        until test -S /run/systemd/private; do sleep 0.05; done
        redd start -M {NAME} --read-only -D {TINY} && redd exec {NAME} -- /usr/bin/echo in && redd stop {NAME}; status=$?
        mv /run/systemd/aside /run/systemd/private
        kill $nobody
        exit $status"
    );
    let run = place.host.shell(&script);
    assert_eq!((run.status, run.stdout.as_str()), (0, "in"), "{run:?}");
    // Limits that nobody sets are told too where the machine has no controllers for them.
    let lines = run.stderr.lines().filter(|line| line.contains("systemd does not answer"));
    assert_eq!(lines.count(), 1, "{run:?}");
    place.assert_nothing_left();
}

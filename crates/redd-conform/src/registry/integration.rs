//! AI and NET: how the manager and its host take part.

use super::Group;

/// In the order of the interface.
pub(super) const CHECKS: Group = checks! {
    "AI1.1" AI1 Should Acting "the time zone follows the host"
        method "/etc/localtime inside against the host's"
        passes "it is a relative link to the payload's own file of the host's zone"
        advice "replace /etc/localtime by a relative link into usr/share/zoneinfo before executing the init";
    "AI2.1" AI2 Should Host "the journal is linked into the host's"
        method "the host's /var/log/journal/ID of the payload's machine id"
        passes "it leads to the payload's journal"
        advice "link or bind /var/log/journal/ID where the host keeps a journal";
    "AI3.1" AI3 Must Acting "the manager's stop is orderly"
        method "the manager's own stop; then the payload's journal, or its last words on the console"
        passes "the payload reached its final target"
        advice "send SIGRTMIN+3 to an init that is systemd";
    "AI3.2" AI3 Must Acting "the manager's stop is quick"
        method "the time the manager's own stop takes"
        passes "it returns within ten seconds"
        advice "send SIGRTMIN+3 once the init handles it, and wait for its end instead of for a time";
    "AI3.3" UN4 Must Acting "a power-off inside ends the manager well"
        method "systemctl poweroff inside; the manager's exit status"
        passes "it is 0"
        advice "an init that SIGINT killed has powered off: report success";
    "AI3.4" UN4 Must Acting "a reboot inside boots again"
        method "systemctl reboot inside"
        passes "the container boots again by itself, or the manager exits with the status it documents for that"
        advice "an init that SIGHUP killed wants to boot again: do that, or exit with 133 for a unit to do it";
    "AI3.5" UN4 Must Acting "an exit status reaches the caller"
        method "systemctl exit 7 inside; the manager's exit status"
        passes "it is 7"
        advice "pass the exit status of the init on";
    "AI4.1" AI4 Should BeforeInit "a socket is passed with $LISTEN_FDS"
        method "start the manager with a socket at descriptor 3; the environment of the first process"
        passes "LISTEN_FDS and LISTEN_PID are both 1"
        advice "pass the variables on, with LISTEN_PID rewritten to 1";
    "AI4.2" AI4 Should BeforeInit "the passed descriptor is that socket"
        method "descriptor 3 of the first process"
        passes "it is the socket the manager was given"
        advice "keep descriptors 3 and up where LISTEN_FDS says so";
    "AI4.3" AI4 Should BeforeInit "no other descriptor is passed"
        method "every descriptor of the first process"
        passes "there is none beyond 0 to 2 and the passed sockets"
        advice "close everything else with close_range(2) before executing the init";
    "AI5.1" AI5 Must Host "the cgroups outside the own unit are left alone"
        method "directories and enabled controllers of the host's cgroup trees, before the start and while it runs"
        passes "nothing changed outside the manager's own cgroup and units of the service manager"
        advice "make cgroups and enable controllers below the own unit only";
    "AI6.1" AI6 Should BeforeInit "$NOTIFY_SOCKET is set"
        method "the environment of the first process"
        passes "it is there"
        advice "give the init a notify socket, best at /run/host/notify";
    "AI6.2" AI6 Should Acting "readiness is passed on"
        method "start the manager with a notify socket of the checker's, and listen"
        passes "READY=1 comes, once the payload is up at the latest"
        advice "send READY=1 to the own $NOTIFY_SOCKET when the init does";
    "NET1.1" NET1 Should BeforeInit "the link inside is host0"
        method "links of the private network before the init starts"
        passes "the veth is named host0"
        advice "name the inner end of the veth pair host0";
    "NET1.2" NET1 Should Behaviour "host0 configures itself"
        method "networkd inside, a DHCP server outside"
        passes "host0 has an address nobody configured"
        advice "name the links host0 and ve-NAME, and let networkd or a server of your own give leases";
    "NET2.1" NET2 Should Host "the link outside is ve-NAME"
        method "the peer of the veth inside"
        passes "its name, or an alternative name of it, is ve- and the container's, as far as fits"
        advice "name the outer end ve-NAME, and give it the full name as an alternative name where it is cut";
    "NET3.1" NET3 Should Acting "the address of the link is stable"
        method "the MAC address of the veth inside, at two boots"
        passes "they are equal"
        advice "derive the addresses of both ends from the container's name";
    "NET4.1" NET1 Should Inside "lo is up in a private network"
        method "flags and addresses of lo"
        passes "it is up with 127.0.0.1"
        advice "systemd raises it itself, where it may: keep CAP_NET_ADMIN with a private network";
};

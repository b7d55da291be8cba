# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_redd_global_optspecs
    string join \n h/help V/version
end

function __fish_redd_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_redd_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_redd_using_subcommand
    set -l cmd (__fish_redd_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c redd -n "__fish_redd_needs_command" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_needs_command" -s V -l version -d 'Print version'
complete -c redd -n "__fish_redd_needs_command" -f -a "boot" -d 'Boot the operating system in a tree on this terminal'
complete -c redd -n "__fish_redd_needs_command" -f -a "run" -d 'Run one command in a tree'
complete -c redd -n "__fish_redd_needs_command" -f -a "start" -d 'Boot operating systems in the background'
complete -c redd -n "__fish_redd_needs_command" -f -a "enable" -d 'Have machines started with the host, by `redd start --all-enabled`'
complete -c redd -n "__fish_redd_needs_command" -f -a "plan" -d 'Show what `boot` or `run` would do, without doing it'
complete -c redd -n "__fish_redd_needs_command" -f -a "config" -d 'Show the settings of a machine, or check files about it'
complete -c redd -n "__fish_redd_needs_command" -f -a "try" -d 'Boot a copy of this host\'s own system, and throw it away when it ends'
complete -c redd -n "__fish_redd_needs_command" -f -a "doctor" -d 'Show what this host offers, and what that means for redd'
complete -c redd -n "__fish_redd_needs_command" -f -a "gc" -d 'Remove what a killed redd left behind'
complete -c redd -n "__fish_redd_needs_command" -f -a "serve" -d 'Be the service of a machine, for its unit'
complete -c redd -n "__fish_redd_needs_command" -f -a "install" -d 'Install units, man pages and completions, and redd itself'
complete -c redd -n "__fish_redd_needs_command" -f -a "check" -d 'Judge how well a container manager keeps the Container Interface'
complete -c redd -n "__fish_redd_needs_command" -f -a "stop" -d 'Stop machines in an orderly way, and whatever happens'
complete -c redd -n "__fish_redd_needs_command" -f -a "poweroff" -d 'Stop machines in an orderly way, and whatever happens'
complete -c redd -n "__fish_redd_needs_command" -f -a "kill" -d 'Send a machine\'s processes a signal'
complete -c redd -n "__fish_redd_needs_command" -f -a "terminate" -d 'End machines at once'
complete -c redd -n "__fish_redd_needs_command" -f -a "pause" -d 'Freeze every process of machines'
complete -c redd -n "__fish_redd_needs_command" -f -a "resume" -d 'Let frozen machines go on'
complete -c redd -n "__fish_redd_needs_command" -f -a "restart" -d 'Stop machines and start them again, with the words they were started with'
complete -c redd -n "__fish_redd_needs_command" -f -a "disable" -d 'No longer have machines started with the host'
complete -c redd -n "__fish_redd_needs_command" -f -a "upgrade" -d 'Have another redd supervise running machines, which notice nothing'
complete -c redd -n "__fish_redd_needs_command" -f -a "wait" -d 'Wait until a machine is in some state'
complete -c redd -n "__fish_redd_needs_command" -f -a "console" -d 'Go to a machine\'s console'
complete -c redd -n "__fish_redd_needs_command" -f -a "login" -d 'Log in to a machine, at a prompt of its own'
complete -c redd -n "__fish_redd_needs_command" -f -a "exec" -d 'Run a command in a machine, whatever is in there'
complete -c redd -n "__fish_redd_needs_command" -f -a "shell" -d 'Log in to a machine'
complete -c redd -n "__fish_redd_needs_command" -f -a "set" -d 'Change limits of a machine, now and for later starts; without a change: show what holds'
complete -c redd -n "__fish_redd_needs_command" -f -a "device" -d 'Let a machine use devices of the host, show or remove such devices'
complete -c redd -n "__fish_redd_needs_command" -f -a "mount" -d 'Mount files of the host in a machine, show or remove such mounts'
complete -c redd -n "__fish_redd_needs_command" -f -a "network" -d 'Move links of the host into a machine, show or give back such links'
complete -c redd -n "__fish_redd_needs_command" -f -a "list" -d 'Show which machines there are, running and stopped'
complete -c redd -n "__fish_redd_needs_command" -f -a "ls" -d 'Show which machines there are, running and stopped'
complete -c redd -n "__fish_redd_needs_command" -f -a "status" -d 'Show how a machine is, what runs in it, or why it does not run'
complete -c redd -n "__fish_redd_needs_command" -f -a "show" -d 'Show everything that is known of machines, for programs'
complete -c redd -n "__fish_redd_needs_command" -f -a "events" -d 'Print what happens to machines, a line of JSON each, until it is interrupted'
complete -c redd -n "__fish_redd_needs_command" -f -a "top" -d 'Show machines as they use the processors, again and again'
complete -c redd -n "__fish_redd_needs_command" -f -a "logs" -d 'Print what a machine wrote to its console, or to its journal'
complete -c redd -n "__fish_redd_needs_command" -f -a "boot-plot" -d 'Draw what each part of a machine\'s boot cost, as SVG'
complete -c redd -n "__fish_redd_needs_command" -f -a "copy" -d 'Copy files into machines, out of them, and between them'
complete -c redd -n "__fish_redd_needs_command" -f -a "copy-to" -d 'Copy files into a machine'
complete -c redd -n "__fish_redd_needs_command" -f -a "copy-from" -d 'Copy files out of a machine'
complete -c redd -n "__fish_redd_using_subcommand boot" -s D -l directory -d 'Root directory; then every word is the payload\'s' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s M -l machine -d 'Name of the machine, and of its tree if no other is named' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l volatile -d 'What is lost at the end: yes, state, overlay or no' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l settings -d 'Settings file: yes, no, override or trusted [default: yes]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l template -d 'Make the tree from this one, if it does not exist' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l pivot-root -d 'Take a directory of the tree as the root' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l oci-bundle -d 'Bundle of the Open Container Initiative, in place of a tree' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l hostname -d 'Host name inside; the machine\'s name otherwise' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l uuid -d '$container_uuid, where the tree has no machine id' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s E -l setenv -d 'Set a variable for the payload, or pass the caller\'s on' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l private-users -d 'User namespace: pick, yes, no, identity or START:N' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l private-users-ownership -d 'How owners in the tree become owners inside: auto, map, foreign, chown or off' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l capability -d 'Capabilities to add to the default set' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l drop-capability -d 'Capabilities to take from it' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l ambient-capability -d 'Capabilities that a command keeps, whoever it is run as' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l no-new-privileges -d 'Keep programs from gaining privileges [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l system-call-filter -d 'System calls to allow, or with ~ to refuse' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l restrict-address-families -d 'Address families of sockets to allow, or with ~ to refuse; none: no sockets' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l suppress-sync -d 'Let system calls that wait for storage do nothing [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l personality -d 'Machine that uname(2) tells of, e.g. x86 on x86-64' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s Z -l selinux-context -d 'SELinux context of the payload' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s L -l selinux-apifs-context -d 'SELinux context of file systems in memory' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l nesting -d 'Let container managers work inside [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l device -d 'Let the payload use a node of the host\'s /dev: r, rw or rwm [default: rwm]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l private-network -d 'Network namespace of its own; no: the host\'s network' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s n -l network-veth -d 'Link host0 inside and ve-NAME outside' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l network-veth-extra -d 'Another pair of links, by their names' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l network-bridge -d 'Put the link outside into a bridge' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l network-zone -d 'The same with the bridge vz-ZONE, which comes and goes with its machines' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l network-interface -d 'A link of the host, until the machine ends' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l network-macvlan -d 'A link with an address of its own on one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l network-ipvlan -d 'A link with the address of one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l bind -d 'Bind a file or directory of the host, or with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l bind-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l tmpfs -d 'Mount an empty file system in memory' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l inaccessible -d 'Make a path inaccessible' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l overlay -d 'Show directories as one, the lowest first; with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l overlay-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l bind-user -d 'A user of the host that is known inside, with the home directory' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l bind-user-shell -d 'Their shell: the host\'s (yes), the payload\'s default (no), or this one' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l bind-user-group -d 'A group of the payload that they are members of' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l set-credential -d 'Pass a credential to PID 1' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l load-credential -d 'Pass a credential from a file, a socket, or redd\'s own' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l import-credential -d 'Pass on those of redd\'s own credentials whose names match' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l memory -d 'Memory: bytes, per cent of the host\'s, or infinity [default: 80%]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l pids-max -d 'Processes, or infinity [default: 16384]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l cpus -d 'Processors, e.g. 1.5' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l memory-high -d 'Memory above which the payload is slowed down, as --memory=' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l swap -d 'Swap: as --memory=, or 0 for none' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l cpu-weight -d 'Share of processor time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l io-weight -d 'Share of block devices\' time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l io-read-bandwidth -d 'Bytes read of a block device in a second, e.g. "/dev/sda 10M"' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l io-write-bandwidth -d 'Bytes written to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l io-read-iops -d 'Reads of a block device in a second, e.g. "/dev/sda 1000"' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l io-write-iops -d 'Writes to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l rlimit -d 'A limit of setrlimit(2)' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l oom-score-adjust -d 'Score for the OOM killer, -1000 to 1000' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l cpu-affinity -d 'Processors to run on, e.g. 0-3,6' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l timezone -d 'Time zone: auto, symlink, copy, bind, delete or off' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l resolv-conf -d 'resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l console -d 'Console: interactive, read-only, passive, kept, pipe or autopipe' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l background -d 'Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l ttys -d 'Terminals beside the console, each with a login prompt' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l link-journal -d 'Link the payload\'s journal with the host\'s: no (default), auto, host, try-host, guest or try-guest' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l init -d 'Init to boot: auto, a kind of docs/inits.md, or a path in the tree' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l kill-signal -d 'Signal for an orderly stop [default: what the init wants, SIGTERM for a command]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l stop-timeout -d 'How long an orderly stop may take [default: 90s]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l notify-ready -d 'Report readiness when PID 1 does [default: yes for boot]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l restart -d 'Start it again when it ended: no, on-failure or always [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l restart-delay -d 'How long to wait before; twice as long each further time [default: 1s]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l restart-limit -d 'How often in a row, or infinity [default: 5]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l watchdog -d 'Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l ready-timeout -d 'Kill it where PID 1 is not ready within so long [default: infinity]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l after -d 'Where these are started with it, wait until they are ready' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s S -l slice -d 'Slice of the machine\'s scope [default: machine.slice]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l property -d 'Property of the machine\'s unit' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -l register -d 'Tell systemd-machined of it: yes, no or auto [default: auto for a boot]' -r
complete -c redd -n "__fish_redd_using_subcommand boot" -s x -l ephemeral -d 'Work on a copy that is removed at the end'
complete -c redd -n "__fish_redd_using_subcommand boot" -l read-only -d 'Do not let the tree be changed'
complete -c redd -n "__fish_redd_using_subcommand boot" -s U -d 'Short for --private-users=pick --private-users-ownership=auto'
complete -c redd -n "__fish_redd_using_subcommand boot" -s P -l pipe -d 'Short for --console=pipe'
complete -c redd -n "__fish_redd_using_subcommand boot" -s q -l quiet -d 'Print no warnings and no hints'
complete -c redd -n "__fish_redd_using_subcommand boot" -s j -d 'Short for --link-journal=try-guest'
complete -c redd -n "__fish_redd_using_subcommand boot" -l keep-unit -d 'Use the unit redd was started in; exit with 133 when the payload reboots'
complete -c redd -n "__fish_redd_using_subcommand boot" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand run" -s D -l directory -d 'Root directory; then every word is the payload\'s' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s M -l machine -d 'Name of the machine, and of its tree if no other is named' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l volatile -d 'What is lost at the end: yes, state, overlay or no' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l settings -d 'Settings file: yes, no, override or trusted [default: yes]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l template -d 'Make the tree from this one, if it does not exist' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l pivot-root -d 'Take a directory of the tree as the root' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l oci-bundle -d 'Bundle of the Open Container Initiative, in place of a tree' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l hostname -d 'Host name inside; the machine\'s name otherwise' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l uuid -d '$container_uuid, where the tree has no machine id' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s E -l setenv -d 'Set a variable for the payload, or pass the caller\'s on' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l private-users -d 'User namespace: pick, yes, no, identity or START:N' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l private-users-ownership -d 'How owners in the tree become owners inside: auto, map, foreign, chown or off' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l capability -d 'Capabilities to add to the default set' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l drop-capability -d 'Capabilities to take from it' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l ambient-capability -d 'Capabilities that a command keeps, whoever it is run as' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l no-new-privileges -d 'Keep programs from gaining privileges [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l system-call-filter -d 'System calls to allow, or with ~ to refuse' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l restrict-address-families -d 'Address families of sockets to allow, or with ~ to refuse; none: no sockets' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l suppress-sync -d 'Let system calls that wait for storage do nothing [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l personality -d 'Machine that uname(2) tells of, e.g. x86 on x86-64' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s Z -l selinux-context -d 'SELinux context of the payload' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s L -l selinux-apifs-context -d 'SELinux context of file systems in memory' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l nesting -d 'Let container managers work inside [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l device -d 'Let the payload use a node of the host\'s /dev: r, rw or rwm [default: rwm]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l private-network -d 'Network namespace of its own; no: the host\'s network' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s n -l network-veth -d 'Link host0 inside and ve-NAME outside' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l network-veth-extra -d 'Another pair of links, by their names' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l network-bridge -d 'Put the link outside into a bridge' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l network-zone -d 'The same with the bridge vz-ZONE, which comes and goes with its machines' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l network-interface -d 'A link of the host, until the machine ends' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l network-macvlan -d 'A link with an address of its own on one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l network-ipvlan -d 'A link with the address of one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l bind -d 'Bind a file or directory of the host, or with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l bind-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l tmpfs -d 'Mount an empty file system in memory' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l inaccessible -d 'Make a path inaccessible' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l overlay -d 'Show directories as one, the lowest first; with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l overlay-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l bind-user -d 'A user of the host that is known inside, with the home directory' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l bind-user-shell -d 'Their shell: the host\'s (yes), the payload\'s default (no), or this one' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l bind-user-group -d 'A group of the payload that they are members of' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l set-credential -d 'Pass a credential to PID 1' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l load-credential -d 'Pass a credential from a file, a socket, or redd\'s own' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l import-credential -d 'Pass on those of redd\'s own credentials whose names match' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l memory -d 'Memory: bytes, per cent of the host\'s, or infinity [default: 80%]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l pids-max -d 'Processes, or infinity [default: 16384]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l cpus -d 'Processors, e.g. 1.5' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l memory-high -d 'Memory above which the payload is slowed down, as --memory=' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l swap -d 'Swap: as --memory=, or 0 for none' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l cpu-weight -d 'Share of processor time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l io-weight -d 'Share of block devices\' time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l io-read-bandwidth -d 'Bytes read of a block device in a second, e.g. "/dev/sda 10M"' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l io-write-bandwidth -d 'Bytes written to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l io-read-iops -d 'Reads of a block device in a second, e.g. "/dev/sda 1000"' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l io-write-iops -d 'Writes to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l rlimit -d 'A limit of setrlimit(2)' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l oom-score-adjust -d 'Score for the OOM killer, -1000 to 1000' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l cpu-affinity -d 'Processors to run on, e.g. 0-3,6' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l timezone -d 'Time zone: auto, symlink, copy, bind, delete or off' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l resolv-conf -d 'resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l console -d 'Console: interactive, read-only, passive, kept, pipe or autopipe' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l background -d 'Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l ttys -d 'Terminals beside the console, each with a login prompt' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l link-journal -d 'Link the payload\'s journal with the host\'s: no (default), auto, host, try-host, guest or try-guest' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l init -d 'Init to boot: auto, a kind of docs/inits.md, or a path in the tree' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l kill-signal -d 'Signal for an orderly stop [default: what the init wants, SIGTERM for a command]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l stop-timeout -d 'How long an orderly stop may take [default: 90s]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l notify-ready -d 'Report readiness when PID 1 does [default: yes for boot]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l restart -d 'Start it again when it ended: no, on-failure or always [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l restart-delay -d 'How long to wait before; twice as long each further time [default: 1s]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l restart-limit -d 'How often in a row, or infinity [default: 5]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l watchdog -d 'Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l ready-timeout -d 'Kill it where PID 1 is not ready within so long [default: infinity]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l after -d 'Where these are started with it, wait until they are ready' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s u -l uid -l user -d 'User to run it as: a name or number of the tree\'s /etc/passwd' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l chdir -d 'Directory to run it in' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s S -l slice -d 'Slice of the machine\'s scope [default: machine.slice]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l property -d 'Property of the machine\'s unit' -r
complete -c redd -n "__fish_redd_using_subcommand run" -l register -d 'Tell systemd-machined of it: yes, no or auto [default: auto for a boot]' -r
complete -c redd -n "__fish_redd_using_subcommand run" -s x -l ephemeral -d 'Work on a copy that is removed at the end'
complete -c redd -n "__fish_redd_using_subcommand run" -l read-only -d 'Do not let the tree be changed'
complete -c redd -n "__fish_redd_using_subcommand run" -s U -d 'Short for --private-users=pick --private-users-ownership=auto'
complete -c redd -n "__fish_redd_using_subcommand run" -s P -l pipe -d 'Short for --console=pipe'
complete -c redd -n "__fish_redd_using_subcommand run" -s q -l quiet -d 'Print no warnings and no hints'
complete -c redd -n "__fish_redd_using_subcommand run" -s j -d 'Short for --link-journal=try-guest'
complete -c redd -n "__fish_redd_using_subcommand run" -l keep-unit -d 'Use the unit redd was started in; exit with 133 when the payload reboots'
complete -c redd -n "__fish_redd_using_subcommand run" -s a -l as-pid2 -d 'Run the command below a small init (default)'
complete -c redd -n "__fish_redd_using_subcommand run" -l as-pid1 -d 'Run the command itself as PID 1'
complete -c redd -n "__fish_redd_using_subcommand run" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand start" -s D -l directory -d 'Root directory; then every word is the payload\'s' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s M -l machine -d 'Name of the machine, and of its tree if no other is named' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l volatile -d 'What is lost at the end: yes, state, overlay or no' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l settings -d 'Settings file: yes, no, override or trusted [default: yes]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l template -d 'Make the tree from this one, if it does not exist' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l pivot-root -d 'Take a directory of the tree as the root' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l oci-bundle -d 'Bundle of the Open Container Initiative, in place of a tree' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l hostname -d 'Host name inside; the machine\'s name otherwise' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l uuid -d '$container_uuid, where the tree has no machine id' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s E -l setenv -d 'Set a variable for the payload, or pass the caller\'s on' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l private-users -d 'User namespace: pick, yes, no, identity or START:N' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l private-users-ownership -d 'How owners in the tree become owners inside: auto, map, foreign, chown or off' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l capability -d 'Capabilities to add to the default set' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l drop-capability -d 'Capabilities to take from it' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l ambient-capability -d 'Capabilities that a command keeps, whoever it is run as' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l no-new-privileges -d 'Keep programs from gaining privileges [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l system-call-filter -d 'System calls to allow, or with ~ to refuse' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l restrict-address-families -d 'Address families of sockets to allow, or with ~ to refuse; none: no sockets' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l suppress-sync -d 'Let system calls that wait for storage do nothing [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l personality -d 'Machine that uname(2) tells of, e.g. x86 on x86-64' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s Z -l selinux-context -d 'SELinux context of the payload' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s L -l selinux-apifs-context -d 'SELinux context of file systems in memory' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l nesting -d 'Let container managers work inside [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l device -d 'Let the payload use a node of the host\'s /dev: r, rw or rwm [default: rwm]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l private-network -d 'Network namespace of its own; no: the host\'s network' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s n -l network-veth -d 'Link host0 inside and ve-NAME outside' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l network-veth-extra -d 'Another pair of links, by their names' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l network-bridge -d 'Put the link outside into a bridge' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l network-zone -d 'The same with the bridge vz-ZONE, which comes and goes with its machines' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l network-interface -d 'A link of the host, until the machine ends' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l network-macvlan -d 'A link with an address of its own on one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l network-ipvlan -d 'A link with the address of one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l bind -d 'Bind a file or directory of the host, or with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l bind-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l tmpfs -d 'Mount an empty file system in memory' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l inaccessible -d 'Make a path inaccessible' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l overlay -d 'Show directories as one, the lowest first; with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l overlay-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l bind-user -d 'A user of the host that is known inside, with the home directory' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l bind-user-shell -d 'Their shell: the host\'s (yes), the payload\'s default (no), or this one' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l bind-user-group -d 'A group of the payload that they are members of' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l set-credential -d 'Pass a credential to PID 1' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l load-credential -d 'Pass a credential from a file, a socket, or redd\'s own' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l import-credential -d 'Pass on those of redd\'s own credentials whose names match' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l memory -d 'Memory: bytes, per cent of the host\'s, or infinity [default: 80%]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l pids-max -d 'Processes, or infinity [default: 16384]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l cpus -d 'Processors, e.g. 1.5' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l memory-high -d 'Memory above which the payload is slowed down, as --memory=' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l swap -d 'Swap: as --memory=, or 0 for none' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l cpu-weight -d 'Share of processor time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l io-weight -d 'Share of block devices\' time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l io-read-bandwidth -d 'Bytes read of a block device in a second, e.g. "/dev/sda 10M"' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l io-write-bandwidth -d 'Bytes written to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l io-read-iops -d 'Reads of a block device in a second, e.g. "/dev/sda 1000"' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l io-write-iops -d 'Writes to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l rlimit -d 'A limit of setrlimit(2)' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l oom-score-adjust -d 'Score for the OOM killer, -1000 to 1000' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l cpu-affinity -d 'Processors to run on, e.g. 0-3,6' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l timezone -d 'Time zone: auto, symlink, copy, bind, delete or off' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l resolv-conf -d 'resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l console -d 'Console: interactive, read-only, passive, kept, pipe or autopipe' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l background -d 'Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l ttys -d 'Terminals beside the console, each with a login prompt' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l link-journal -d 'Link the payload\'s journal with the host\'s: no (default), auto, host, try-host, guest or try-guest' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l init -d 'Init to boot: auto, a kind of docs/inits.md, or a path in the tree' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l kill-signal -d 'Signal for an orderly stop [default: what the init wants, SIGTERM for a command]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l stop-timeout -d 'How long an orderly stop may take [default: 90s]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l notify-ready -d 'Report readiness when PID 1 does [default: yes for boot]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l restart -d 'Start it again when it ended: no, on-failure or always [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l restart-delay -d 'How long to wait before; twice as long each further time [default: 1s]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l restart-limit -d 'How often in a row, or infinity [default: 5]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l watchdog -d 'Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l ready-timeout -d 'Kill it where PID 1 is not ready within so long [default: infinity]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l after -d 'Where these are started with it, wait until they are ready' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l start-timeout -d 'How long to wait until it is ready; it goes on without that [default: 5min]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s S -l slice -d 'Slice of the machine\'s scope [default: machine.slice]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l property -d 'Property of the machine\'s unit' -r
complete -c redd -n "__fish_redd_using_subcommand start" -l register -d 'Tell systemd-machined of it: yes, no or auto [default: auto for a boot]' -r
complete -c redd -n "__fish_redd_using_subcommand start" -s x -l ephemeral -d 'Work on a copy that is removed at the end'
complete -c redd -n "__fish_redd_using_subcommand start" -l read-only -d 'Do not let the tree be changed'
complete -c redd -n "__fish_redd_using_subcommand start" -s U -d 'Short for --private-users=pick --private-users-ownership=auto'
complete -c redd -n "__fish_redd_using_subcommand start" -s P -l pipe -d 'Short for --console=pipe'
complete -c redd -n "__fish_redd_using_subcommand start" -s q -l quiet -d 'Print no warnings and no hints'
complete -c redd -n "__fish_redd_using_subcommand start" -s j -d 'Short for --link-journal=try-guest'
complete -c redd -n "__fish_redd_using_subcommand start" -l keep-unit -d 'Use the unit redd was started in; exit with 133 when the payload reboots'
complete -c redd -n "__fish_redd_using_subcommand start" -l no-wait -d 'Do not wait until it is ready'
complete -c redd -n "__fish_redd_using_subcommand start" -l all-enabled -d 'Start what was enabled, for an init script of the host'
complete -c redd -n "__fish_redd_using_subcommand start" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand enable" -l now -d 'Start them now, too'
complete -c redd -n "__fish_redd_using_subcommand enable" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand plan; and not __fish_seen_subcommand_from boot run" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand plan; and not __fish_seen_subcommand_from boot run" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand plan; and not __fish_seen_subcommand_from boot run" -f -a "boot" -d 'Show what `boot` would do'
complete -c redd -n "__fish_redd_using_subcommand plan; and not __fish_seen_subcommand_from boot run" -f -a "run" -d 'Show what `run` would do'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s D -l directory -d 'Root directory; then every word is the payload\'s' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s M -l machine -d 'Name of the machine, and of its tree if no other is named' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l volatile -d 'What is lost at the end: yes, state, overlay or no' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l settings -d 'Settings file: yes, no, override or trusted [default: yes]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l template -d 'Make the tree from this one, if it does not exist' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l pivot-root -d 'Take a directory of the tree as the root' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l oci-bundle -d 'Bundle of the Open Container Initiative, in place of a tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l hostname -d 'Host name inside; the machine\'s name otherwise' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l uuid -d '$container_uuid, where the tree has no machine id' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s E -l setenv -d 'Set a variable for the payload, or pass the caller\'s on' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l private-users -d 'User namespace: pick, yes, no, identity or START:N' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l private-users-ownership -d 'How owners in the tree become owners inside: auto, map, foreign, chown or off' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l capability -d 'Capabilities to add to the default set' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l drop-capability -d 'Capabilities to take from it' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l ambient-capability -d 'Capabilities that a command keeps, whoever it is run as' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l no-new-privileges -d 'Keep programs from gaining privileges [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l system-call-filter -d 'System calls to allow, or with ~ to refuse' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l restrict-address-families -d 'Address families of sockets to allow, or with ~ to refuse; none: no sockets' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l suppress-sync -d 'Let system calls that wait for storage do nothing [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l personality -d 'Machine that uname(2) tells of, e.g. x86 on x86-64' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s Z -l selinux-context -d 'SELinux context of the payload' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s L -l selinux-apifs-context -d 'SELinux context of file systems in memory' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l nesting -d 'Let container managers work inside [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l device -d 'Let the payload use a node of the host\'s /dev: r, rw or rwm [default: rwm]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l private-network -d 'Network namespace of its own; no: the host\'s network' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s n -l network-veth -d 'Link host0 inside and ve-NAME outside' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l network-veth-extra -d 'Another pair of links, by their names' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l network-bridge -d 'Put the link outside into a bridge' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l network-zone -d 'The same with the bridge vz-ZONE, which comes and goes with its machines' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l network-interface -d 'A link of the host, until the machine ends' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l network-macvlan -d 'A link with an address of its own on one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l network-ipvlan -d 'A link with the address of one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l bind -d 'Bind a file or directory of the host, or with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l bind-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l tmpfs -d 'Mount an empty file system in memory' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l inaccessible -d 'Make a path inaccessible' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l overlay -d 'Show directories as one, the lowest first; with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l overlay-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l bind-user -d 'A user of the host that is known inside, with the home directory' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l bind-user-shell -d 'Their shell: the host\'s (yes), the payload\'s default (no), or this one' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l bind-user-group -d 'A group of the payload that they are members of' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l set-credential -d 'Pass a credential to PID 1' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l load-credential -d 'Pass a credential from a file, a socket, or redd\'s own' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l import-credential -d 'Pass on those of redd\'s own credentials whose names match' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l memory -d 'Memory: bytes, per cent of the host\'s, or infinity [default: 80%]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l pids-max -d 'Processes, or infinity [default: 16384]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l cpus -d 'Processors, e.g. 1.5' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l memory-high -d 'Memory above which the payload is slowed down, as --memory=' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l swap -d 'Swap: as --memory=, or 0 for none' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l cpu-weight -d 'Share of processor time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l io-weight -d 'Share of block devices\' time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l io-read-bandwidth -d 'Bytes read of a block device in a second, e.g. "/dev/sda 10M"' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l io-write-bandwidth -d 'Bytes written to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l io-read-iops -d 'Reads of a block device in a second, e.g. "/dev/sda 1000"' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l io-write-iops -d 'Writes to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l rlimit -d 'A limit of setrlimit(2)' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l oom-score-adjust -d 'Score for the OOM killer, -1000 to 1000' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l cpu-affinity -d 'Processors to run on, e.g. 0-3,6' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l timezone -d 'Time zone: auto, symlink, copy, bind, delete or off' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l resolv-conf -d 'resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l console -d 'Console: interactive, read-only, passive, kept, pipe or autopipe' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l background -d 'Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l ttys -d 'Terminals beside the console, each with a login prompt' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l link-journal -d 'Link the payload\'s journal with the host\'s: no (default), auto, host, try-host, guest or try-guest' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l init -d 'Init to boot: auto, a kind of docs/inits.md, or a path in the tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l kill-signal -d 'Signal for an orderly stop [default: what the init wants, SIGTERM for a command]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l stop-timeout -d 'How long an orderly stop may take [default: 90s]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l notify-ready -d 'Report readiness when PID 1 does [default: yes for boot]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l restart -d 'Start it again when it ended: no, on-failure or always [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l restart-delay -d 'How long to wait before; twice as long each further time [default: 1s]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l restart-limit -d 'How often in a row, or infinity [default: 5]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l watchdog -d 'Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l ready-timeout -d 'Kill it where PID 1 is not ready within so long [default: infinity]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l after -d 'Where these are started with it, wait until they are ready' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s S -l slice -d 'Slice of the machine\'s scope [default: machine.slice]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l property -d 'Property of the machine\'s unit' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l register -d 'Tell systemd-machined of it: yes, no or auto [default: auto for a boot]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s x -l ephemeral -d 'Work on a copy that is removed at the end'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l read-only -d 'Do not let the tree be changed'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s U -d 'Short for --private-users=pick --private-users-ownership=auto'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s P -l pipe -d 'Short for --console=pipe'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s q -l quiet -d 'Print no warnings and no hints'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s j -d 'Short for --link-journal=try-guest'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -l keep-unit -d 'Use the unit redd was started in; exit with 133 when the payload reboots'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from boot" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s D -l directory -d 'Root directory; then every word is the payload\'s' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s M -l machine -d 'Name of the machine, and of its tree if no other is named' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l volatile -d 'What is lost at the end: yes, state, overlay or no' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l settings -d 'Settings file: yes, no, override or trusted [default: yes]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l template -d 'Make the tree from this one, if it does not exist' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l pivot-root -d 'Take a directory of the tree as the root' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l oci-bundle -d 'Bundle of the Open Container Initiative, in place of a tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l hostname -d 'Host name inside; the machine\'s name otherwise' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l uuid -d '$container_uuid, where the tree has no machine id' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s E -l setenv -d 'Set a variable for the payload, or pass the caller\'s on' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l private-users -d 'User namespace: pick, yes, no, identity or START:N' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l private-users-ownership -d 'How owners in the tree become owners inside: auto, map, foreign, chown or off' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l capability -d 'Capabilities to add to the default set' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l drop-capability -d 'Capabilities to take from it' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l ambient-capability -d 'Capabilities that a command keeps, whoever it is run as' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l no-new-privileges -d 'Keep programs from gaining privileges [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l system-call-filter -d 'System calls to allow, or with ~ to refuse' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l restrict-address-families -d 'Address families of sockets to allow, or with ~ to refuse; none: no sockets' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l suppress-sync -d 'Let system calls that wait for storage do nothing [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l personality -d 'Machine that uname(2) tells of, e.g. x86 on x86-64' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s Z -l selinux-context -d 'SELinux context of the payload' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s L -l selinux-apifs-context -d 'SELinux context of file systems in memory' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l nesting -d 'Let container managers work inside [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l device -d 'Let the payload use a node of the host\'s /dev: r, rw or rwm [default: rwm]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l private-network -d 'Network namespace of its own; no: the host\'s network' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s n -l network-veth -d 'Link host0 inside and ve-NAME outside' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l network-veth-extra -d 'Another pair of links, by their names' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l network-bridge -d 'Put the link outside into a bridge' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l network-zone -d 'The same with the bridge vz-ZONE, which comes and goes with its machines' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l network-interface -d 'A link of the host, until the machine ends' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l network-macvlan -d 'A link with an address of its own on one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l network-ipvlan -d 'A link with the address of one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l bind -d 'Bind a file or directory of the host, or with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l bind-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l tmpfs -d 'Mount an empty file system in memory' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l inaccessible -d 'Make a path inaccessible' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l overlay -d 'Show directories as one, the lowest first; with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l overlay-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l bind-user -d 'A user of the host that is known inside, with the home directory' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l bind-user-shell -d 'Their shell: the host\'s (yes), the payload\'s default (no), or this one' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l bind-user-group -d 'A group of the payload that they are members of' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l set-credential -d 'Pass a credential to PID 1' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l load-credential -d 'Pass a credential from a file, a socket, or redd\'s own' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l import-credential -d 'Pass on those of redd\'s own credentials whose names match' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l memory -d 'Memory: bytes, per cent of the host\'s, or infinity [default: 80%]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l pids-max -d 'Processes, or infinity [default: 16384]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l cpus -d 'Processors, e.g. 1.5' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l memory-high -d 'Memory above which the payload is slowed down, as --memory=' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l swap -d 'Swap: as --memory=, or 0 for none' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l cpu-weight -d 'Share of processor time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l io-weight -d 'Share of block devices\' time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l io-read-bandwidth -d 'Bytes read of a block device in a second, e.g. "/dev/sda 10M"' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l io-write-bandwidth -d 'Bytes written to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l io-read-iops -d 'Reads of a block device in a second, e.g. "/dev/sda 1000"' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l io-write-iops -d 'Writes to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l rlimit -d 'A limit of setrlimit(2)' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l oom-score-adjust -d 'Score for the OOM killer, -1000 to 1000' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l cpu-affinity -d 'Processors to run on, e.g. 0-3,6' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l timezone -d 'Time zone: auto, symlink, copy, bind, delete or off' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l resolv-conf -d 'resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l console -d 'Console: interactive, read-only, passive, kept, pipe or autopipe' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l background -d 'Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l ttys -d 'Terminals beside the console, each with a login prompt' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l link-journal -d 'Link the payload\'s journal with the host\'s: no (default), auto, host, try-host, guest or try-guest' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l init -d 'Init to boot: auto, a kind of docs/inits.md, or a path in the tree' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l kill-signal -d 'Signal for an orderly stop [default: what the init wants, SIGTERM for a command]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l stop-timeout -d 'How long an orderly stop may take [default: 90s]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l notify-ready -d 'Report readiness when PID 1 does [default: yes for boot]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l restart -d 'Start it again when it ended: no, on-failure or always [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l restart-delay -d 'How long to wait before; twice as long each further time [default: 1s]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l restart-limit -d 'How often in a row, or infinity [default: 5]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l watchdog -d 'Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l ready-timeout -d 'Kill it where PID 1 is not ready within so long [default: infinity]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l after -d 'Where these are started with it, wait until they are ready' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s u -l uid -l user -d 'User to run it as: a name or number of the tree\'s /etc/passwd' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l chdir -d 'Directory to run it in' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s S -l slice -d 'Slice of the machine\'s scope [default: machine.slice]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l property -d 'Property of the machine\'s unit' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l register -d 'Tell systemd-machined of it: yes, no or auto [default: auto for a boot]' -r
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s x -l ephemeral -d 'Work on a copy that is removed at the end'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l read-only -d 'Do not let the tree be changed'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s U -d 'Short for --private-users=pick --private-users-ownership=auto'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s P -l pipe -d 'Short for --console=pipe'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Print no warnings and no hints'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s j -d 'Short for --link-journal=try-guest'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l keep-unit -d 'Use the unit redd was started in; exit with 133 when the payload reboots'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s a -l as-pid2 -d 'Run the command below a small init (default)'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -l as-pid1 -d 'Run the command itself as PID 1'
complete -c redd -n "__fish_redd_using_subcommand plan; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand config; and not __fish_seen_subcommand_from show check" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand config; and not __fish_seen_subcommand_from show check" -f -a "show" -d 'Show every setting that holds for a machine: from words as `boot` takes them, and from files'
complete -c redd -n "__fish_redd_using_subcommand config; and not __fish_seen_subcommand_from show check" -f -a "check" -d 'Say which lines of .nspawn files a start would pass over or refuse, and why'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s D -l directory -d 'Root directory; then every word is the payload\'s' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s M -l machine -d 'Name of the machine, and of its tree if no other is named' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l volatile -d 'What is lost at the end: yes, state, overlay or no' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l settings -d 'Settings file: yes, no, override or trusted [default: yes]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l template -d 'Make the tree from this one, if it does not exist' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l pivot-root -d 'Take a directory of the tree as the root' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l oci-bundle -d 'Bundle of the Open Container Initiative, in place of a tree' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l hostname -d 'Host name inside; the machine\'s name otherwise' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l uuid -d '$container_uuid, where the tree has no machine id' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s E -l setenv -d 'Set a variable for the payload, or pass the caller\'s on' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l private-users -d 'User namespace: pick, yes, no, identity or START:N' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l private-users-ownership -d 'How owners in the tree become owners inside: auto, map, foreign, chown or off' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l capability -d 'Capabilities to add to the default set' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l drop-capability -d 'Capabilities to take from it' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l ambient-capability -d 'Capabilities that a command keeps, whoever it is run as' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l no-new-privileges -d 'Keep programs from gaining privileges [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l system-call-filter -d 'System calls to allow, or with ~ to refuse' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l restrict-address-families -d 'Address families of sockets to allow, or with ~ to refuse; none: no sockets' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l suppress-sync -d 'Let system calls that wait for storage do nothing [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l personality -d 'Machine that uname(2) tells of, e.g. x86 on x86-64' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s Z -l selinux-context -d 'SELinux context of the payload' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s L -l selinux-apifs-context -d 'SELinux context of file systems in memory' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l nesting -d 'Let container managers work inside [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l device -d 'Let the payload use a node of the host\'s /dev: r, rw or rwm [default: rwm]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l private-network -d 'Network namespace of its own; no: the host\'s network' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s n -l network-veth -d 'Link host0 inside and ve-NAME outside' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l network-veth-extra -d 'Another pair of links, by their names' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l network-bridge -d 'Put the link outside into a bridge' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l network-zone -d 'The same with the bridge vz-ZONE, which comes and goes with its machines' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l network-interface -d 'A link of the host, until the machine ends' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l network-macvlan -d 'A link with an address of its own on one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l network-ipvlan -d 'A link with the address of one of the host\'s' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l bind -d 'Bind a file or directory of the host, or with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l bind-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l tmpfs -d 'Mount an empty file system in memory' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l inaccessible -d 'Make a path inaccessible' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l overlay -d 'Show directories as one, the lowest first; with + of the tree' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l overlay-ro -d 'The same, read-only' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l bind-user -d 'A user of the host that is known inside, with the home directory' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l bind-user-shell -d 'Their shell: the host\'s (yes), the payload\'s default (no), or this one' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l bind-user-group -d 'A group of the payload that they are members of' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l set-credential -d 'Pass a credential to PID 1' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l load-credential -d 'Pass a credential from a file, a socket, or redd\'s own' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l import-credential -d 'Pass on those of redd\'s own credentials whose names match' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l memory -d 'Memory: bytes, per cent of the host\'s, or infinity [default: 80%]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l pids-max -d 'Processes, or infinity [default: 16384]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l cpus -d 'Processors, e.g. 1.5' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l memory-high -d 'Memory above which the payload is slowed down, as --memory=' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l swap -d 'Swap: as --memory=, or 0 for none' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l cpu-weight -d 'Share of processor time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l io-weight -d 'Share of block devices\' time against others, 1 to 10000 [default: 100]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l io-read-bandwidth -d 'Bytes read of a block device in a second, e.g. "/dev/sda 10M"' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l io-write-bandwidth -d 'Bytes written to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l io-read-iops -d 'Reads of a block device in a second, e.g. "/dev/sda 1000"' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l io-write-iops -d 'Writes to a block device in a second' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l rlimit -d 'A limit of setrlimit(2)' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l oom-score-adjust -d 'Score for the OOM killer, -1000 to 1000' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l cpu-affinity -d 'Processors to run on, e.g. 0-3,6' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l timezone -d 'Time zone: auto, symlink, copy, bind, delete or off' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l resolv-conf -d 'resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l console -d 'Console: interactive, read-only, passive, kept, pipe or autopipe' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l background -d 'Background colour of the console, e.g. 44 or 48;2;0;0;64; empty for none' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l ttys -d 'Terminals beside the console, each with a login prompt' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l link-journal -d 'Link the payload\'s journal with the host\'s: no (default), auto, host, try-host, guest or try-guest' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l init -d 'Init to boot: auto, a kind of docs/inits.md, or a path in the tree' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l kill-signal -d 'Signal for an orderly stop [default: what the init wants, SIGTERM for a command]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l stop-timeout -d 'How long an orderly stop may take [default: 90s]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l notify-ready -d 'Report readiness when PID 1 does [default: yes for boot]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l restart -d 'Start it again when it ended: no, on-failure or always [default: no]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l restart-delay -d 'How long to wait before; twice as long each further time [default: 1s]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l restart-limit -d 'How often in a row, or infinity [default: 5]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l watchdog -d 'Kill it where PID 1 has sent WATCHDOG=1 and then does not for so long' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l ready-timeout -d 'Kill it where PID 1 is not ready within so long [default: infinity]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l after -d 'Where these are started with it, wait until they are ready' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s S -l slice -d 'Slice of the machine\'s scope [default: machine.slice]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l property -d 'Property of the machine\'s unit' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l register -d 'Tell systemd-machined of it: yes, no or auto [default: auto for a boot]' -r
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s x -l ephemeral -d 'Work on a copy that is removed at the end'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l read-only -d 'Do not let the tree be changed'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s U -d 'Short for --private-users=pick --private-users-ownership=auto'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s P -l pipe -d 'Short for --console=pipe'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print no warnings and no hints'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s j -d 'Short for --link-journal=try-guest'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l keep-unit -d 'Use the unit redd was started in; exit with 133 when the payload reboots'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Say who made each setting'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand try" -l with-home -d 'People\'s homes and root\'s are in the copy'
complete -c redd -n "__fish_redd_using_subcommand try" -l with-services -d 'The host\'s services start in the copy too'
complete -c redd -n "__fish_redd_using_subcommand try" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand doctor" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand gc" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand serve" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand install" -l prefix -d 'Where everything is put' -r -F
complete -c redd -n "__fish_redd_using_subcommand install" -l destdir -d 'A tree that is meant instead of this system' -r -F
complete -c redd -n "__fish_redd_using_subcommand install" -l nspawn -d 'Call redd by the name systemd-nspawn, too'
complete -c redd -n "__fish_redd_using_subcommand install" -l uninstall -d 'Take everything away again'
complete -c redd -n "__fish_redd_using_subcommand install" -l dry-run -d 'Show what would be done'
complete -c redd -n "__fish_redd_using_subcommand install" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand check" -l pid -d 'A running container of any manager, by the number of its init' -r
complete -c redd -n "__fish_redd_using_subcommand check" -l manager -d 'A manager, judged by booting a payload: redd, systemd-nspawn, lxc, podman, crun, runc' -r
complete -c redd -n "__fish_redd_using_subcommand check" -l adapter -d 'A manager that a file describes' -r -F
complete -c redd -n "__fish_redd_using_subcommand check" -l mode -d 'One configuration of the manager; otherwise its first' -r
complete -c redd -n "__fish_redd_using_subcommand check" -l image -d 'The tree to boot; it is copied' -r -F
complete -c redd -n "__fish_redd_using_subcommand check" -l make-image -d 'Make the tree that managers are judged with' -r -F
complete -c redd -n "__fish_redd_using_subcommand check" -l compare -d 'Put saved reports side by side' -r -F
complete -c redd -n "__fish_redd_using_subcommand check" -l explain -d 'Say what a check or a clause is about' -r
complete -c redd -n "__fish_redd_using_subcommand check" -l html -d 'Write a page for a browser as well' -r -F
complete -c redd -n "__fish_redd_using_subcommand check" -l active -d 'Make units and files in it for a moment: more can be judged'
complete -c redd -n "__fish_redd_using_subcommand check" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand check" -l tap -d 'Print the Test Anything Protocol'
complete -c redd -n "__fish_redd_using_subcommand check" -l junit -d 'Print JUnit\'s XML'
complete -c redd -n "__fish_redd_using_subcommand check" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand stop" -l timeout -d 'How long it may take before everything is killed [default: what the machine was started with]' -r
complete -c redd -n "__fish_redd_using_subcommand stop" -l now -d 'Kill everything at once'
complete -c redd -n "__fish_redd_using_subcommand stop" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand poweroff" -l timeout -d 'How long it may take before everything is killed [default: what the machine was started with]' -r
complete -c redd -n "__fish_redd_using_subcommand poweroff" -l now -d 'Kill everything at once'
complete -c redd -n "__fish_redd_using_subcommand poweroff" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand kill" -s s -l signal -d 'The signal, by name or number' -r
complete -c redd -n "__fish_redd_using_subcommand kill" -l whom -d 'Which processes get it' -r -f -a "leader\t'PID 1'
supervisor\t'The machine\'s redd'
all\t'Every process inside'"
complete -c redd -n "__fish_redd_using_subcommand kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redd -n "__fish_redd_using_subcommand terminate" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand pause" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand resume" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand restart" -l start-timeout -d 'How long to wait until it is ready; it goes on without that' -r
complete -c redd -n "__fish_redd_using_subcommand restart" -l no-wait -d 'Do not wait until it is ready'
complete -c redd -n "__fish_redd_using_subcommand restart" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand disable" -l now -d 'Stop them now, too'
complete -c redd -n "__fish_redd_using_subcommand disable" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand upgrade" -l binary -d 'The redd that is to go on [default: the one that runs this verb]' -r -F
complete -c redd -n "__fish_redd_using_subcommand upgrade" -l all -d 'All machines that run'
complete -c redd -n "__fish_redd_using_subcommand upgrade" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand wait" -l for -d 'ready, running, degraded, stopped, or unit=NAME' -r
complete -c redd -n "__fish_redd_using_subcommand wait" -l timeout -d 'For so long at most' -r
complete -c redd -n "__fish_redd_using_subcommand wait" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand console" -s w -l watch -d 'Only look on'
complete -c redd -n "__fish_redd_using_subcommand console" -s f -l force -d 'Take over from whoever types there'
complete -c redd -n "__fish_redd_using_subcommand console" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand login" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand exec" -s w -l workdir -d 'Where it starts [default: its user\'s home]' -r
complete -c redd -n "__fish_redd_using_subcommand exec" -s e -l env -d 'A variable of its environment; NAME alone is the one that you have' -r
complete -c redd -n "__fish_redd_using_subcommand exec" -s u -l user -d 'Who it is: names or numbers, as the machine knows them [default: root]' -r
complete -c redd -n "__fish_redd_using_subcommand exec" -s t -l tty -d 'Give it a terminal of its own'
complete -c redd -n "__fish_redd_using_subcommand exec" -s i -l interactive -d 'Let it read what is typed here, which it does in any case'
complete -c redd -n "__fish_redd_using_subcommand exec" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand shell" -s w -l workdir -d 'Where it starts [default: its user\'s home]' -r
complete -c redd -n "__fish_redd_using_subcommand shell" -s e -l env -d 'A variable of its environment; NAME alone is the one that you have' -r
complete -c redd -n "__fish_redd_using_subcommand shell" -l plain -d 'Without the machine\'s service manager: no PAM, no logind, no utmp'
complete -c redd -n "__fish_redd_using_subcommand shell" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand set" -l runtime -d 'Until the machine ends, and not for later starts'
complete -c redd -n "__fish_redd_using_subcommand set" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand set" -l no-legend -d 'Print no line of headings'
complete -c redd -n "__fish_redd_using_subcommand set" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand device; and not __fish_seen_subcommand_from add remove list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand device; and not __fish_seen_subcommand_from add remove list" -f -a "add" -d 'Give a machine that runs a node of a device, and let it be used'
complete -c redd -n "__fish_redd_using_subcommand device; and not __fish_seen_subcommand_from add remove list" -f -a "remove" -d 'Take it away; what has it open keeps it'
complete -c redd -n "__fish_redd_using_subcommand device; and not __fish_seen_subcommand_from add remove list" -f -a "list" -d 'Show what was added'
complete -c redd -n "__fish_redd_using_subcommand device; and __fish_seen_subcommand_from add" -l keep -d 'For later starts too'
complete -c redd -n "__fish_redd_using_subcommand device; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand device; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand device; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand device; and __fish_seen_subcommand_from list" -l no-legend -d 'Print no line of headings'
complete -c redd -n "__fish_redd_using_subcommand device; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand mount; and not __fish_seen_subcommand_from add remove list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand mount; and not __fish_seen_subcommand_from add remove list" -f -a "add" -d 'Mount a file or directory of the host in a machine that runs'
complete -c redd -n "__fish_redd_using_subcommand mount; and not __fish_seen_subcommand_from add remove list" -f -a "remove" -d 'Take away what was mounted, for everybody inside'
complete -c redd -n "__fish_redd_using_subcommand mount; and not __fish_seen_subcommand_from add remove list" -f -a "list" -d 'Show what was mounted'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from add" -l owner -d 'How owners appear inside' -r -f -a "noidmap\t'As they are: who is not the machine\'s own is nobody'
idmap\t'Id N outside is id N inside'
rootidmap\t'The source\'s owner is root inside'
owneridmap\t'The source\'s owner is the destination\'s'"
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from add" -l ro -d 'Nothing can be written'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from add" -l no-submounts -d 'Without what is mounted below the source'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from add" -l keep -d 'For later starts too'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from list" -l no-legend -d 'Print no line of headings'
complete -c redd -n "__fish_redd_using_subcommand mount; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand network; and not __fish_seen_subcommand_from attach detach list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand network; and not __fish_seen_subcommand_from attach detach list" -f -a "attach" -d 'Move a link of the host into a machine that runs'
complete -c redd -n "__fish_redd_using_subcommand network; and not __fish_seen_subcommand_from attach detach list" -f -a "detach" -d 'Give a link back to the host'
complete -c redd -n "__fish_redd_using_subcommand network; and not __fish_seen_subcommand_from attach detach list" -f -a "list" -d 'Show which links of the host\'s a machine has'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from attach" -l keep -d 'For later starts too'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from attach" -l force -d 'Even the link that the host\'s default route goes through'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from attach" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from detach" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from list" -l no-legend -d 'Print no line of headings'
complete -c redd -n "__fish_redd_using_subcommand network; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand list" -s q -l quiet -d 'Print names alone'
complete -c redd -n "__fish_redd_using_subcommand list" -l no-legend -d 'Print no names of columns'
complete -c redd -n "__fish_redd_using_subcommand list" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand list" -s a -l all -d 'Show every address, and what killed redds left behind'
complete -c redd -n "__fish_redd_using_subcommand list" -l running -d 'Pass stopped machines over'
complete -c redd -n "__fish_redd_using_subcommand list" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand ls" -s q -l quiet -d 'Print names alone'
complete -c redd -n "__fish_redd_using_subcommand ls" -l no-legend -d 'Print no names of columns'
complete -c redd -n "__fish_redd_using_subcommand ls" -l json -d 'Print JSON'
complete -c redd -n "__fish_redd_using_subcommand ls" -s a -l all -d 'Show every address, and what killed redds left behind'
complete -c redd -n "__fish_redd_using_subcommand ls" -l running -d 'Pass stopped machines over'
complete -c redd -n "__fish_redd_using_subcommand ls" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand status" -s n -l lines -d 'How many lines of its console are shown' -r
complete -c redd -n "__fish_redd_using_subcommand status" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand show" -l json -d 'Print an array, whatever is asked for'
complete -c redd -n "__fish_redd_using_subcommand show" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand events" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand top" -s d -l delay -d 'Seconds between two looks' -r
complete -c redd -n "__fish_redd_using_subcommand top" -l once -d 'Look for one interval, print, and end'
complete -c redd -n "__fish_redd_using_subcommand top" -l json -d 'Print a line of JSON for each interval'
complete -c redd -n "__fish_redd_using_subcommand top" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand logs" -s n -l lines -d 'Print the last lines alone' -r
complete -c redd -n "__fish_redd_using_subcommand logs" -s b -l boot -d 'Print one boot alone: 0 is the last one, -1 the one before, 1 the first one that is kept' -r
complete -c redd -n "__fish_redd_using_subcommand logs" -s f -l follow -d 'Go on with what is written from now on'
complete -c redd -n "__fish_redd_using_subcommand logs" -l console -d 'Print what was written to the console of a machine in the background; the default where there is such a log'
complete -c redd -n "__fish_redd_using_subcommand logs" -l journal -d 'Print the journal'
complete -c redd -n "__fish_redd_using_subcommand logs" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand boot-plot" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand copy" -l owner -d 'Who owns what is copied, in numbers, as they are there' -r
complete -c redd -n "__fish_redd_using_subcommand copy" -s a -l archive -d 'Keep owners, set-id bits, capabilities and access lists; otherwise root (on the host: you) owns what is copied'
complete -c redd -n "__fish_redd_using_subcommand copy" -s f -l force -d 'Replace files that are there'
complete -c redd -n "__fish_redd_using_subcommand copy" -s q -l quiet -d 'Show no progress, and not what is left out'
complete -c redd -n "__fish_redd_using_subcommand copy" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand copy-to" -s f -l force -d 'Replace files that are there'
complete -c redd -n "__fish_redd_using_subcommand copy-to" -s q -l quiet -d 'Show no progress, and not what is left out'
complete -c redd -n "__fish_redd_using_subcommand copy-to" -s h -l help -d 'Print help'
complete -c redd -n "__fish_redd_using_subcommand copy-from" -s f -l force -d 'Replace files that are there'
complete -c redd -n "__fish_redd_using_subcommand copy-from" -s q -l quiet -d 'Show no progress, and not what is left out'
complete -c redd -n "__fish_redd_using_subcommand copy-from" -s h -l help -d 'Print help'

# The names of machines, where a verb takes one.
function __fish_redd_names_at
    set -l words (string match --invert -- '-*' (commandline -poc))
    test (count $words) -ge $argv[1] -a (count $words) -le $argv[2]
end
complete -c redd -n "__fish_seen_subcommand_from boot; and __fish_redd_names_at 2 2" -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from run; and __fish_redd_names_at 2 2" -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from start; and __fish_redd_names_at 2 99" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from enable; and __fish_redd_names_at 2 99" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from boot; and __fish_redd_names_at 3 3" -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from run; and __fish_redd_names_at 3 3" -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from config; and __fish_seen_subcommand_from show; and __fish_redd_names_at 3 3" -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from gc; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from serve; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from check; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from stop; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from poweroff; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from kill; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from terminate; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from pause; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from resume; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from restart; and __fish_redd_names_at 2 99" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from disable; and __fish_redd_names_at 2 99" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from upgrade; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from wait; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from console; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from login; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from exec; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from shell; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from set; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from device; and __fish_seen_subcommand_from add; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from device; and __fish_seen_subcommand_from remove; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from device; and __fish_seen_subcommand_from list; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from mount; and __fish_seen_subcommand_from add; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from mount; and __fish_seen_subcommand_from remove; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from mount; and __fish_seen_subcommand_from list; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from network; and __fish_seen_subcommand_from attach; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from network; and __fish_seen_subcommand_from detach; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from network; and __fish_seen_subcommand_from list; and __fish_redd_names_at 3 3" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from status; and __fish_redd_names_at 2 99" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from show; and __fish_redd_names_at 2 99" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from events; and __fish_redd_names_at 2 99" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from logs; and __fish_redd_names_at 2 2" -f -a "(redd list -q 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from boot-plot; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from copy; and __fish_redd_names_at 2 3" -a "(redd list -q 2>/dev/null | string replace -r '\$' :)"
complete -c redd -n "__fish_seen_subcommand_from cp; and __fish_redd_names_at 2 3" -a "(redd list -q 2>/dev/null | string replace -r '\$' :)"
complete -c redd -n "__fish_seen_subcommand_from copy-to; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"
complete -c redd -n "__fish_seen_subcommand_from copy-from; and __fish_redd_names_at 2 2" -f -a "(redd list -q --running 2>/dev/null)"

#!/usr/bin/perl
# What a payload sees, one `@@ what = value` a line. It runs in a tree that has no modules of perl's: numbers are those
# of the kernel for x86-64. What names a process or is random is left out or made a word here, so that two starts of the
# same options look alike.

$| = 1;
my ($EPERM, $ENOSYS, $EAFNOSUPPORT) = (1, 38, 97);

sub say_that {
    my ($what, $value) = @_;
    $value =~ s/([\x00-\x1f\x7f])/sprintf('\\x%02x', ord $1)/ge;
    print "@@ $what = $value\n";
}
sub text { open(my $file, '<', $_[0]) or return undef; local $/; my $text = <$file>; return $text }
sub line { my $text = text($_[0]); return defined $text ? $text =~ s/\n\z//r : 'none' }

sub mounts {
    my %seen;
    for (split /\n/, text('/proc/self/mountinfo')) {
        my ($left, $right) = /^(.*?) - (.*)$/ or next;
        my (undef, undef, $device, $root, $target, $flags, @optional) = split / /, $left;
        my ($type, $source, $options) = split / /, $right;
        my $propagation = join ',', sort map { s/:.*//r } @optional;
        # A payload sees the uppermost alone.
        $seen{$target} = [$type, $flags, $propagation || 'private', $device, $options];
    }
    for my $target (sort keys %seen) {
        my ($type, $flags, $propagation, $device, $options) = @{$seen{$target}};
        my $there = (lstat $target)[0];
        if ($> == 0 && (!defined $there || $device ne (($there >> 8) & 0xfff) . ':' . (($there & 0xff) | (($there >> 12) & 0xfff00)))) {
            say_that("mount hidden by another: $target", $type);
            next;
        }
        say_that("mount $target type", $type);
        say_that("mount $target flags", join ',', sort grep { $_ ne 'relatime' } split /,/, $flags);
        say_that("mount $target atime", $flags =~ /noatime/ ? 'noatime' : $flags =~ /relatime/ ? 'relatime' : 'strictatime');
        say_that("mount $target propagation", $propagation);
        # Those of cgroup2 are the last mounter's, wherever that was.
        $options = 'rw' if $type eq 'cgroup2';
        say_that("mount $target options", join ',', sort grep { !/^(?:upperdir|lowerdir|workdir)=/ } split /,/, $options);
    }
}

sub environment {
    my ($which, $file) = @_;
    for (split /\0/, text($file) // '') {
        my ($name, $value) = split /=/, $_, 2;
        $value = 'a uuid' if $name eq 'container_uuid' && $value =~ /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ && $value !~ /^0123/;
        say_that("environment of $which: $name", $value);
    }
}

sub status {
    my ($which, $file) = @_;
    for (split /\n/, text($file) // '') {
        my ($name, $value) = /^(\w+):\s*(.*?)\s*$/ or next;
        next unless $name =~ /^(?:Cap\w+|NoNewPrivs|Seccomp|Uid|Gid|Groups|Umask|SigBlk|SigIgn|Cpus_allowed_list|NSpid|NSpgid|NSsid)$/;
        say_that("$which: $name", join ' ', split /\s+/, $value);
    }
}

sub process {
    status('command', '/proc/self/status');
    status('PID 1', '/proc/1/status') if $$ != 1;
    for (split /\n/, text('/proc/self/limits')) {
        say_that("limit $1", "$2 $3") if /^Max (.*?)\s{2,}(\S+)\s+(\S+)/ && $1 ne '';
    }
    say_that("command: $_", line("/proc/self/$_")) for qw(oom_score_adj personality loginuid);
    say_that("ids $_", join ' ', split ' ', line("/proc/self/$_")) for qw(uid_map gid_map setgroups);
    say_that('command: directory', readlink '/proc/self/cwd');
    say_that('command: arguments', join '|', @ARGV);
    say_that('command: number', $$ == 1 ? 1 : 'another');
    say_that('command: session', getpgrp(0) == $$ ? 'leads its process group' : 'is in a process group');
    say_that('command: priority', getpriority(0, 0));
    say_that('command: root', readlink '/proc/self/root');
    for my $number (0 .. 9) {
        my $target = readlink "/proc/self/fd/$number";
        next unless defined $target && $target !~ m{^/sight$|^/usr/s?bin/init$};
        say_that("descriptor $number", $target =~ s/\[\d+\]//r);
    }
}

sub octal { return sprintf '%04o', $_[0] & 07777 }

sub node {
    my ($path) = @_;
    my @status = lstat $path or return 'none';
    my ($mode, $uid, $gid, $number) = @status[2, 4, 5, 6];
    my $owner = "$uid:$gid";
    return 'link ' . readlink $path if -l _;
    return "directory " . octal($mode) . " $owner" if -d _;
    return "file " . octal($mode) . " $owner" if -f _;
    my $kind = -c _ ? 'character' : -b _ ? 'block' : -p _ ? 'fifo' : 'socket';
    my $device = $kind =~ /fifo|socket/ ? '' : ' ' . (($number >> 8) & 0xfff) . ':' . ($number & 0xff);
    return "$kind$device " . octal($mode) . " $owner";
}

sub walk {
    my ($what, $directory, $depth) = @_;
    opendir(my $handle, $directory) or return;
    for my $name (sort grep { !/^\.\.?$/ } readdir $handle) {
        my $path = "$directory/$name";
        next if $path =~ m{^/dev/pts/\d+$|^/dev/shm/.|^/dev/mqueue/.};
        my $seen = node($path);
        $seen =~ s{pts/\d+}{pts/N};
        say_that("$what $path", $seen);
        walk($what, $path, $depth - 1) if $depth && $seen =~ /^directory/;
    }
}

sub files {
    opendir(my $handle, $_[0]) or return ();
    return grep { -f $_ } map { "$_[0]/$_" } sort readdir $handle;
}

sub tree {
    walk('node', '/dev', 3);
    walk('node', '/run/host', 2);
    say_that("node $_", node($_)) for qw(/ /dev /proc /sys /run /run/host /tmp /var /var/tmp /etc /usr /root /home /etc/machine-id /etc/hostname
        /etc/resolv.conf /etc/localtime /dev/pts /dev/shm /dev/mqueue /run/systemd /sys/fs/cgroup /owned /run/lock /efi /srv /mnt /opt);
    walk('top of the tree', '', 0);
    say_that("contents $_", line($_)) for qw(/run/host/container-manager /etc/machine-id /etc/hostname /proc/sys/kernel/hostname
        /proc/sys/kernel/domainname /etc/resolv.conf /proc/sys/net/ipv4/ping_group_range);
    my $uuid = line('/run/host/container-uuid');
    say_that('contents /run/host/container-uuid', $uuid =~ /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ && $uuid !~ /^0123/ ? 'a uuid' : $uuid);
    my ($outside, $inside) = (line('/outside-boot-id'), line('/proc/sys/kernel/random/boot_id'));
    say_that('boot id', $inside eq $outside ? 'of the host' : $inside =~ /^[0-9a-f-]{36}$/ ? 'of its own' : $inside);
    say_that("cgroup of $_", line("/proc/$_/cgroup") =~ s/.*^0:://msr) for qw(self 1);
    say_that('cgroup controllers', line('/sys/fs/cgroup/cgroup.controllers'));
    for my $name (qw(controllers events procs stat subtree_control threads max.depth)) {
        say_that("cgroup file $name", node("/sys/fs/cgroup/cgroup.$name"));
    }
    for my $directory (qw(/given /etc/given /run/given /srv/given)) {
        walk('given', $directory, 1);
        for my $file (files($directory)) { say_that("contents $file", line($file)) }
    }
    for my $file (files('/run/host/credentials'), files('/run/host/userdb')) { say_that("contents $file", line($file)) }
}

# How much of the machine's figures is left to a payload.
sub writable {
    for my $path (qw(/ /usr /etc /var /tmp /run /run/host /root /sys /dev /dev/shm /sys/fs/cgroup /proc/sys/net /run/host/incoming /run/host/unix-export)) {
        my $name = "$path/.sight";
        my $made = mkdir $name;
        my $error = $!;
        rmdir $name if $made;
        say_that("make a directory in $path", $made ? 'done' : "$error");
    }
    for my $path (qw(/proc/sys/kernel/hostname /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sys/net/ipv4/ip_forward
        /proc/sys/net/core/somaxconn /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/mm/ksm/run /proc/self/oom_score_adj)) {
        say_that("open $path for writing", open(my $file, '+<', $path) ? 'done' : "$!");
    }
    for my $path (qw(/proc/kcore /proc/kallsyms /proc/keys /proc/timer_list /proc/kmsg /dev/console /dev/tty /dev/fuse /dev/net/tun /dev/full)) {
        # Of a kmsg that is a fifo, with somebody who writes to it, nothing comes.
        say_that("open $path", sysopen(my $file, $path, 04000) ? 'done' : "$!");
    }
}

# Whether a node of a device can be made, and used, at a place where devices work.
sub devices {
    for my $device (['memory', 1, 1], ['null', 1, 3], ['kmsg', 1, 11], ['disk', 7, 0], ['console', 5, 1], ['fuse', 10, 229], ['tun', 10, 200], ['hpet', 10, 228]) {
        my ($name, $major, $minor) = @$device;
        my $type = $name eq 'disk' ? 060600 : 020600;
        my $path = '/dev/.sight';
        my $made = syscall(133, $path, $type, ($major << 8) | $minor) == 0;
        my $result = $made ? 'made' : "not made: $!";
        $result .= sysopen(my $file, $path, 04000) ? ', opened' : ", not opened: $!" if $made;
        unlink $path;
        say_that("device $name", $result);
    }
}

sub network {
    for (split /\n/, text('/proc/net/dev')) {
        next unless /^\s*([^:\s]+):/;
        my $name = $1;
        my $address = line("/sys/class/net/$name/address");
        say_that("interface $name", line("/sys/class/net/$name/flags") . ' ' . $address);
    }
    for my $family (1, 2, 10, 15, 16, 17, 29, 31, 38, 40, 44) {
        my $number = syscall(41, $family, 2, 0);
        my $stream = $number < 0 && $! != $EPERM && $! != $EAFNOSUPPORT ? syscall(41, $family, 5, 0) : $number;
        my $error = $!;
        say_that("socket family $family", $number >= 0 || $stream >= 0 ? 'done' : "$error");
        for ($number, $stream) { syscall(3, $_) if $_ >= 0 }
    }
    my $audit = syscall(41, 16, 3, 9);
    say_that('audit socket', $audit >= 0 ? 'done' : "$!");
}

sub namespaces {
    for my $name (qw(mnt uts ipc pid net user cgroup time)) {
        my $own = readlink("/proc/self/ns/$name");
        my ($outside) = (line('/outside-namespaces') =~ /\b(\Q$name\E:\[\d+\])/);
        say_that("namespace $name", !defined $own ? 'unknown' : $own eq $outside ? 'of the host' : 'of its own');
    }
}

# Arguments that the kernel itself takes for nonsense: what it answers then shows that a call got to it.
sub calls {
    for (split / /, '@CALLS@') {
        my ($name, $number) = split /:/;
        $! = 0;
        my $result = syscall($number, -1, -1, -1, -1, -1, -1);
        my $error = $! + 0;
        next if $result >= 0 || ($error != $EPERM && $error != $ENOSYS && $error != $EAFNOSUPPORT);
        say_that("call $name", $error == $EPERM ? 'EPERM' : $error == $ENOSYS ? 'ENOSYS' : 'EAFNOSUPPORT');
    }
    $! = 0;
    syscall(9999, 0);
    say_that('call of an unknown number', $! + 0 == $ENOSYS ? 'ENOSYS' : "$!");
    $! = 0;
    syscall(0x40000000 + 39);
    say_that('call of getpid for x32', $! + 0 == $ENOSYS ? 'ENOSYS' : "$!");
}

my $umask = umask;
print "@@@ begin\n";
mounts();
environment('PID 1', '/proc/1/environ') if $$ != 1;
environment('command', '/proc/self/environ');
process(); tree(); writable(); devices(); network(); namespaces();
calls();
umask $umask;
print "@@@ end\n";
print "to standard output\n";
print STDERR "to standard error\n";
exit($ENV{SIGHT_STATUS} // 0);

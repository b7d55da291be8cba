//! What PID 1 says with sd_notify(3), and what redd's own supervisor hears of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redd_sys::datagram;
use redd_tests::{Leftovers, Need, covers, held_by, needs, redd, unique_name};

/// What a script in Perl needs to say something, with descriptors and without.
const SPEECH: &str = r#"
use Socket; $| = 1; socket(S, AF_UNIX, SOCK_DGRAM, 0); connect(S, sockaddr_un($ENV{NOTIFY_SOCKET})) or die;
sub tell_ { send(S, $_[0], 0) or die $! }
sub give {
  my ($text, @fds) = @_; my $fds = pack("i*", @fds);
  my $control = pack("QiiA*", 16 + length $fds, 1, 1, $fds); $control .= "\0" x (-length($control) % 8);
  my $vector = pack("PQ", $text, length $text);
  syscall(46, fileno(S), pack("QIxxxxPQPQi", 0, 0, $vector, 1, $control, length $control, 0), 0) >= 0 or die $!;
}
sub memory { my $name = "text"; my $fd = syscall(319, $name, 0); open(my $file, "+<&=", $fd); syswrite($file, $_[0]); sysseek($file, 0, 0); push @open, $file; $fd }
sub reboot_ { syscall(169, 0xfee1dead, 672274793, 0x01234567); die $! }
"#;

/// redd, as a service of a supervisor that listens.
struct Service {
    name: String,
    child: Child,
    listener: UnixDatagram,
    _directory: tempfile::TempDir,
}

/// One message to the supervisor.
struct Told {
    text: String,
    descriptors: Vec<OwnedFd>,
}

impl Service {
    /// The script is PID 1.
    fn start(options: &[&str], variables: &[(&str, &str)], script: &str) -> Self {
        Self::start_by(redd(), options, variables, script)
    }

    fn start_by(mut command: Command, options: &[&str], variables: &[(&str, &str)], script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("notify");
        let listener = UnixDatagram::bind(&socket).unwrap();
        let name = unique_name();
        command.args(["boot", "-x", "-M", &name, "-P", "--network-veth=no", "--init=/usr/bin/perl"]);
        command.args(options).arg(Need::Debian13.tree()).args(["--", "-e", &format!("{SPEECH}{script}")]);
        command.env("NOTIFY_SOCKET", &socket).envs(variables.iter().copied());
        command.stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        Self { name, child, listener, _directory: directory }
    }

    /// The next message.
    fn told(&self) -> Told {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let mut buffer = [0; 4096];
            if let Some(message) = datagram::receive(&self.listener, &mut buffer).unwrap() {
                let text = String::from_utf8(buffer[..message.length].to_vec()).unwrap();
                return Told { text, descriptors: message.descriptors };
            }
            assert!(Instant::now() < deadline, "{} says nothing", self.name);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The texts up to this one.
    fn told_until(&self, last: &str) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.last().is_none_or(|text| text != last) {
            texts.push(self.told().text);
        }
        texts
    }

    /// A line of the payload's.
    fn line(&mut self) -> String {
        let (mut line, mut byte) = (Vec::new(), [0]);
        let output = self.child.stdout.as_mut().unwrap();
        while output.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    fn end(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let leftovers = Leftovers::before(&self.name);
        leftovers.assert_none();
    }
}

fn text_of(descriptor: OwnedFd) -> String {
    let (mut file, mut text) = (std::fs::File::from(descriptor), String::new());
    std::io::Seek::rewind(&mut file).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn what_pid_1_says_of_itself_is_passed_on_with_its_meaning() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI6);
    let service = Service::start(
        &["--keep-unit"],
        &[],
        r#"tell_("EXTEND_TIMEOUT_USEC=5000000"); tell_("READY=1\nMAINPID=4\nNOTIFYACCESS=all\nBARRIER=1");
        tell_("EXTEND_TIMEOUT_USEC=6000000"); tell_("RELOADING=1\nMONOTONIC_USEC=17"); tell_("READY=1");
        tell_("ERRNO=5\nBUSERROR=org.example.Failed"); tell_("STOPPING=1\nX_SYSTEMD_SHUTDOWN=reboot");
        tell_("EXTEND_TIMEOUT_USEC=99999999999"); tell_("EXIT_STATUS=9"); exit 9"#,
    );
    let expected = [
        "EXTEND_TIMEOUT_USEC=5000000",
        "READY=1",
        "RELOADING=1\nMONOTONIC_USEC=17",
        "READY=1",
        "ERRNO=5",
        "BUSERROR=org.example.Failed",
        "STOPPING=1",
        "EXTEND_TIMEOUT_USEC=3600000000",
        "EXIT_STATUS=9",
    ];
    assert_eq!(service.told_until("EXIT_STATUS=9"), expected);
    let mut service = service;
    assert_eq!(service.child.wait().unwrap().code(), Some(9));
    service.end();
}

#[test]
fn a_stop_takes_as_long_as_pid_1_says() {
    needs!(Need::Root, Need::Debian13);
    let mut service = Service::start(
        &["--stop-timeout=1s", "--kill-signal=SIGTERM"],
        &[],
        r#"$SIG{TERM} = sub { tell_("EXTEND_TIMEOUT_USEC=60000000"); sleep 3; print "ended\n"; exit 4 };
        tell_("READY=1"); print "there\n"; sleep 1000 while 1"#,
    );
    assert_eq!(service.line(), "there");
    let redd = rustix::process::Pid::from_child(&service.child);
    rustix::process::kill_process(redd, rustix::process::Signal::TERM).unwrap();
    assert_eq!(service.line(), "ended");
    assert_eq!(service.child.wait().unwrap().code(), Some(4));
    let texts = service.told_until("EXTEND_TIMEOUT_USEC=60000000");
    assert!(texts.contains(&"STOPPING=1".to_owned()), "{texts:?}");
    service.end();
}

#[test]
fn a_watchdog_of_the_supervisor_hears_of_redd_while_the_payload_lives() {
    needs!(Need::Root, Need::Debian13);
    let watchdog = [("WATCHDOG_USEC", "200000")];
    let service = Service::start(&["--watchdog=1s"], &watchdog, r#"tell_("READY=1"); sleep 1000"#);
    let texts = service.told_until("WATCHDOG=1");
    assert_eq!(texts.last().unwrap(), "WATCHDOG=1");
    // One sign follows the other without a word of the payload's: it never gave one, and owes none.
    for _ in 0..5 {
        drop(service.told_until("WATCHDOG=1"));
    }
    service.end();
}

#[test]
fn a_watchdog_that_is_meant_for_another_process_is_none() {
    needs!(Need::Root, Need::Debian13);
    let watchdog = [("WATCHDOG_USEC", "20000"), ("WATCHDOG_PID", "1")];
    let script = r#"tell_("READY=1"); select(undef, undef, undef, 0.5); tell_("STATUS=later"); sleep 1000"#;
    let service = Service::start(&[], &watchdog, script);
    assert_eq!(service.told_until("STATUS=later"), ["READY=1", "STATUS=later"]);
    service.end();
}

#[test]
fn descriptors_that_pid_1_has_kept_come_back_after_a_reboot() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI6);
    let mut service = Service::start(
        &[],
        &[],
        r#"print "store $ENV{FDSTORE} given ", $ENV{LISTEN_FDS} // 0, " ", $ENV{LISTEN_FDNAMES} // "none", "\n";
        if ($ENV{LISTEN_FDS}) {
          open(F, "<&=", 3); sysseek(F, 0, 0); sysread(F, $_, 99); print "$_\n";
          tell_("FDSTOREREMOVE=1\nFDNAME=log"); reboot_() if $ENV{LISTEN_FDNAMES} =~ /log/; sleep 1000;
        }
        open(N, "<", "/etc/passwd");
        give("FDSTORE=1\nFDNAME=log", memory("first")); give("FDSTORE=1", memory("second"));
        give("FDSTORE=1\nFDNAME=file", fileno(N)); give("STATUS=with one", memory("lost"));
        if (!fork) { give("FDSTORE=1\nFDNAME=child", memory("child")); exit 0 } wait;
        reboot_()"#,
    );
    assert_eq!(service.line(), "store 128 given 0 none");
    assert_eq!(service.line(), "store 128 given 2 log:stored");
    assert_eq!(service.line(), "first");
    assert_eq!(service.line(), "store 128 given 1 stored");
    assert_eq!(service.line(), "second");
    service.end();
}

#[test]
fn descriptors_are_kept_by_the_supervisor_where_it_keeps_some() {
    needs!(Need::Root, Need::Debian13);
    let script = r#"print "store $ENV{FDSTORE}\n"; open(N, "<", "/etc/passwd");
        give("FDSTORE=1\nFDNAME=log", memory("kept")); give("FDSTORE=1\nFDNAME=file\nFDPOLL=0", fileno(N));
        give("FDSTORE=1\nFDNAME=log", memory("too much")); tell_("FDSTOREREMOVE=1\nFDNAME=log");
        tell_("STATUS=end"); sleep 1000"#;
    let mut service = Service::start(&["--keep-unit"], &[("FDSTORE", "1")], script);
    assert_eq!(service.line(), "store 1");
    let kept = service.told();
    assert_eq!(kept.text, "FDSTORE=1\nFDNAME=payload-log");
    let mut descriptors = kept.descriptors;
    assert_eq!(descriptors.len(), 1);
    assert_eq!(text_of(descriptors.remove(0)), "kept");
    let texts = service.told_until("STATUS=end");
    assert_eq!(texts, ["FDSTOREREMOVE=1\nFDNAME=payload-log", "STATUS=end"]);
    service.end();
    let service = Service::start(&["--keep-unit"], &[], script);
    assert_eq!(service.told_until("STATUS=end"), ["STATUS=end"], "nobody keeps anything");
    service.end();
}

/// A program that puts descriptors where systemd does, and becomes redd.
fn with_descriptors(descriptors: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    let program = redd().get_program().to_str().unwrap().to_owned();
    command.args(["-c", &format!("LISTEN_PID=$$ exec {program} \"$@\" {descriptors}"), "sh"]);
    command.stdin(Stdio::null());
    command
}

#[test]
fn descriptors_that_the_supervisor_has_kept_are_given_back() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI4);
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    for name in ["one", "two"] {
        std::fs::write(path(name), name).unwrap();
    }
    let command = with_descriptors(&format!("3<{} 4<{}", path("one"), path("two")));
    let variables = [("LISTEN_FDS", "2"), ("LISTEN_FDNAMES", "payload-log:web"), ("FDSTORE", "7")];
    let mut service = Service::start_by(
        command,
        &[],
        &variables,
        r#"print "$ENV{FDSTORE} $ENV{LISTEN_PID} $ENV{LISTEN_FDNAMES}\n";
        for my $fd (3, 4) { open(F, "<&=", $fd); sysseek(F, 0, 0); sysread(F, my $text, 99); print "$text\n" if $text }
        tell_("FDSTOREREMOVE=1\nFDNAME=log") if $ENV{LISTEN_FDNAMES} =~ /^web/;
        reboot_() if $ENV{LISTEN_FDS} > 1; sleep 1000"#,
    );
    let mut lines = |count: usize| (0..count).map(|_| service.line()).collect::<Vec<_>>();
    assert_eq!(lines(3), ["7 1 log:web", "one", "two"]);
    assert_eq!(lines(3), ["7 1 web:log", "two", "one"], "what is kept comes last");
    assert_eq!(lines(2), ["7 1 web", "two"]);
    assert_eq!(service.told().text, "FDSTOREREMOVE=1\nFDNAME=payload-log");
    service.end();
}

/// A connection that lingers, with data that nobody takes, is closed by whoever has it last: for as long as it lingers.
#[test]
fn a_descriptor_that_does_not_close_keeps_nobody_waiting() {
    needs!(Need::Root, Need::Debian13);
    let mut service = Service::start(
        &[],
        &[],
        r#"sub lingering {
          socket(my $l, AF_INET, SOCK_STREAM, 0); bind($l, pack_sockaddr_in(0, INADDR_LOOPBACK)); listen($l, 1);
          socket(my $c, AF_INET, SOCK_STREAM, 0); connect($c, getsockname $l) or die $!; accept(my $a, $l);
          setsockopt($c, SOL_SOCKET, SO_LINGER, pack("ii", 1, 600)); push @open, $l, $a;
          $c->blocking(0) if $c->can("blocking"); use Fcntl; fcntl($c, F_SETFL, O_NONBLOCK);
          1 while syswrite($c, "x" x 65536); fcntl($c, F_SETFL, 0); $c
        }
        for my $name ("one", "two", "three") {
          my $c = lingering(); give("FDSTORE=1\nFDNAME=$name", fileno $c); close $c;
          tell_("FDSTOREREMOVE=1\nFDNAME=$name");
        }
        tell_("READY=1\nSTATUS=end"); print "end\n"; sleep 1000"#,
    );
    assert_eq!(service.line(), "end");
    assert!(service.told_until("STATUS=end").contains(&"READY=1".to_owned()));
    let (descriptors, _) = held_by(&service.child.id().to_string());
    assert!(descriptors < 64, "{descriptors}");
    let stopped = redd().args(["terminate", &service.name]).status().unwrap();
    assert!(stopped.success());
    service.child.wait().unwrap();
    service.end();
}

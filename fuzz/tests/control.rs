//! A30: a million messages over a control socket, most of them nearly right.

use redd_fuzz::Target;

const MESSAGES: usize = 1_000_000;
const CALLS: [&str; 8] = [
    r#"{"method":"io.redd.Machine.Describe"}"#,
    r#"{"method":"io.redd.Machine.Stop","parameters":{"mode":"orderly","timeout":5}}"#,
    r#"{"method":"io.redd.Machine.Kill","parameters":{"signal":15,"whom":"all"},"oneway":true}"#,
    r#"{"method":"io.redd.Machine.Adopt","parameters":{"option":"memory","value":"2G"}}"#,
    r#"{"method":"io.redd.Machine.AttachConsole","parameters":{"mode":"take_over"}}"#,
    r#"{"method":"io.systemd.MachineInstance.SubscribeEvents","parameters":{"filter":["STOP"]},"more":true}"#,
    r#"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.redd.Machine"}}"#,
    r#"{"method":"org.varlink.service.GetInfo","parameters":null,"upgrade":true}"#,
];
/// What is put where something else was.
const BYTES: &[u8] = b"\0\"\\{}[],:.-019eE\x7f\x80\xff tn";

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or(0)
    }
}

fn changed(numbers: &mut Numbers) -> Vec<u8> {
    let mut message = CALLS[numbers.below(CALLS.len())].as_bytes().to_vec();
    for _ in 0..numbers.below(4) {
        let at = numbers.below(message.len().max(1)).min(message.len());
        match numbers.below(4) {
            0 => message.truncate(at),
            1 if at < message.len() => message[at] = BYTES[numbers.below(BYTES.len())],
            2 => message.insert(at, BYTES[numbers.below(BYTES.len())]),
            // A piece a second time.
            _ => {
                let end = (at + numbers.below(20)).min(message.len());
                let piece = message[at..end].to_vec();
                drop(message.splice(at..at, piece));
            }
        }
    }
    message.push(0);
    message
}

#[test]
fn a_million_messages_are_answered() {
    let target = Target::named("control").expect("there is such a target");
    let mut numbers = Numbers(0x5eed_5eed_5eed_5eed);
    for _ in 0..MESSAGES {
        target.run(&changed(&mut numbers));
    }
}

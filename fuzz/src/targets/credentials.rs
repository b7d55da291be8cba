//! `--set-credential=` and `--load-credential=`

use std::fmt::Write as _;

use redd_spec::credential::{Credential, CredentialName, CredentialSource};
use redd_spec::parse::{load_credential, set_credential};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match set_credential(&text) {
        Ok(credential) => check_value(&credential),
        Err(error) => super::assert_printable(&error.to_string()),
    }
    match load_credential(&text) {
        Ok(credential) => check_source(&credential),
        Err(error) => super::assert_printable(&error.to_string()),
    }
}

/// Any value can be written with escapes alone, and is the same then.
fn check_value(credential: &Credential) {
    let CredentialSource::Value(value) = &credential.source else { panic!("{credential:?} has no value") };
    let mut written = format!("{}:", credential.name);
    for byte in value {
        write!(written, "\\x{byte:02x}").expect("writing to a String cannot fail");
    }
    assert_eq!(set_credential(&written).as_ref(), Ok(credential));
}

fn check_source(credential: &Credential) {
    let name = credential.name.to_string();
    assert_eq!(CredentialName::new(&name).as_ref(), Ok(&credential.name));
    match &credential.source {
        CredentialSource::Path(path) => assert!(path.to_string_lossy().contains('/')),
        CredentialSource::Inherited(inherited) => assert!(!inherited.as_str().contains('/')),
        CredentialSource::Value(_) => panic!("{credential:?} is not loaded"),
    }
}

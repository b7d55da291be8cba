//! Names of machines, hosts and credentials, uuids, paths, and what is shown of any bytes.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use redd_spec::credential::CredentialName;
use redd_spec::name::{Hostname, MachineName};
use redd_spec::path::PathInRoot;
use redd_spec::text::{ByteString, escape};
use redd_spec::uuid::Uuid;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(name) = means_the_same_when_printed::<MachineName>(&text) {
        means_the_same_when_printed::<Hostname>(name.as_hostname().as_str())
            .expect("every name makes a host name");
    }
    means_the_same_when_printed::<Hostname>(&text);
    if let Some(uuid) = means_the_same_when_printed::<Uuid>(&text) {
        assert_eq!(uuid.to_plain_string().parse(), Ok(uuid));
    }
    if let Some(name) = MachineName::from_file_name(&text) {
        means_the_same_when_printed::<MachineName>(name.as_str()).expect("a cleaned name is a name");
    }
    check_credential_name(&text);
    check_path(&text);
    check_bytes(input);
}

fn means_the_same_when_printed<T: FromStr<Err: Display> + Display + Debug + PartialEq>(
    text: &str,
) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            assert_eq!(value.to_string().parse::<T>().ok().as_ref(), Some(&value));
            Some(value)
        }
        Err(error) => {
            super::assert_printable(&error.to_string());
            None
        }
    }
}

fn check_credential_name(text: &str) {
    match CredentialName::new(text) {
        Ok(name) => assert_eq!(CredentialName::new(&name.to_string()), Ok(name)),
        Err(error) => super::assert_printable(&error.to_string()),
    }
}

fn check_path(text: &str) {
    match PathInRoot::new(text) {
        Ok(path) => {
            assert_eq!(PathInRoot::new(path.as_path()).as_ref(), Ok(&path));
            super::assert_printable(&path.to_string());
        }
        Err(error) => super::assert_printable(&error.to_string()),
    }
}

fn check_bytes(input: &[u8]) {
    super::assert_printable(&escape(input, 256).replace('\n', "\0"));
    if let Ok(bytes) = ByteString::new(input) {
        assert_eq!(bytes.as_bytes(), input);
        super::assert_printable(&bytes.to_string().replace('\n', "\0"));
    }
}

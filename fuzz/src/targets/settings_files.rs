//! `.nspawn` files: as the administrator's own, and as one beside a tree, which grants nothing.

use std::path::{Path, PathBuf};

use redd::command_line::{Answer, Request, parse};
use redd::surroundings::Surroundings;
use redd_nspawn::bundle::Bundle;
use redd_nspawn::file::{SettingsFile, Trust};
use redd_nspawn::specify::TreeChoice;
use redd_nspawn::{Refusal, Selection};
use redd_spec::ids::UserNamespace;
use redd_spec::network::Network;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    for trust in [Trust::Trusted, Trust::Untrusted] {
        let file = SettingsFile { path: "/srv/x.nspawn".into(), trust, text: text.clone() };
        let words = ["redd", "boot", "/srv/x"].map(Into::into).into_iter();
        match parse(words, &super::command_line::caller(), &OneFile(file)) {
            Ok(Request::Start(start)) if trust == Trust::Untrusted => {
                let spec = start.spec;
                assert_eq!((spec.users, spec.network), (UserNamespace::Pick, Network::veth()));
                assert!(
                    spec.privileges.added.is_empty() && spec.mounts.is_empty() && spec.credentials.is_empty()
                );
            }
            Err(Answer::Text(text) | Answer::Refused { text, .. }) => assert!(!text.is_empty()),
            Ok(_) => {}
        }
    }
}

/// A host on which one file speaks of every machine.
struct OneFile(SettingsFile);

impl Surroundings for OneFile {
    fn locate(&self, tree: &TreeChoice) -> PathBuf {
        match tree {
            TreeChoice::Path(path) => path.clone(),
            TreeChoice::Named(name) => PathBuf::from(name),
        }
    }

    fn bundle(&self, directory: &Path) -> Result<Bundle, Refusal> {
        Err(Refusal::File { path: directory.to_owned(), reason: "there is none".to_owned() })
    }

    fn files(&self, _selection: &Selection, _tree: &Path) -> Result<Vec<SettingsFile>, Refusal> {
        Ok(vec![self.0.clone()])
    }
}

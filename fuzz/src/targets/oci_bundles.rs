//! Bundles of the Open Container Initiative: whatever one says, a machine is what redd makes, or there is none.

use std::path::{Path, PathBuf};

use redd::command_line::{Answer, Request, parse};
use redd::surroundings::Surroundings;
use redd_nspawn::bundle::Bundle;
use redd_nspawn::file::SettingsFile;
use redd_nspawn::specify::TreeChoice;
use redd_nspawn::{Refusal, Selection};
use redd_spec::mounts::{BindSource, CustomMount};

pub(crate) fn run(input: &[u8]) {
    let words = ["redd", "run", "--oci-bundle=/srv/bundle"].map(std::ffi::OsString::from);
    match parse(words.into_iter(), &super::command_line::caller(), &OneBundle(input)) {
        Ok(Request::Start(start)) => {
            let spec = start.spec;
            assert!(spec.root.path.is_absolute());
            for mount in &spec.mounts {
                let CustomMount::Bind(bind) = mount else { continue };
                assert!(matches!(&bind.source, BindSource::Host(path) if path.is_absolute()), "{mount:?}");
            }
            assert!(spec.kernel_parameters.iter().all(|parameter| !parameter.name().contains(['/', '\0'])));
            assert!(spec.credentials.is_empty() && spec.bound_users.names.is_empty());
        }
        Err(Answer::Text(text) | Answer::Refused { text, .. }) => assert!(!text.is_empty()),
        Ok(_) => {}
    }
}

/// A host on which there is one bundle.
struct OneBundle<'a>(&'a [u8]);

impl Surroundings for OneBundle<'_> {
    fn locate(&self, tree: &TreeChoice) -> PathBuf {
        match tree {
            TreeChoice::Path(path) => path.clone(),
            TreeChoice::Named(name) => PathBuf::from(name),
        }
    }

    fn bundle(&self, directory: &Path) -> Result<Bundle, Refusal> {
        Bundle::parse(directory, self.0)
    }

    fn files(&self, _selection: &Selection, _tree: &Path) -> Result<Vec<SettingsFile>, Refusal> {
        Ok(Vec::new())
    }
}

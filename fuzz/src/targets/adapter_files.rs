//! Files that describe a container manager to `redd check`.

use std::path::PathBuf;

use redd_conform::adapter::file::FileAdapter;
use redd_conform::adapter::{Adapter as _, Container};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let adapter = match FileAdapter::parse(&text) {
        Ok(adapter) => adapter,
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
            return;
        }
    };
    let container = Container {
        name: "a name".to_owned(),
        tree: PathBuf::from("/a tree"),
        directory: PathBuf::from("/a directory"),
    };
    // Whatever the values hold, they add no words.
    let narrow =
        Container { name: "n".to_owned(), tree: PathBuf::from("/t"), directory: PathBuf::from("/d") };
    let words = |container| adapter.start(container, &[]).map(|command| command.get_args().count()).ok();
    assert_eq!(words(&container), words(&narrow));
}

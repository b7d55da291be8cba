//! The host's os-release(5), and what the payload is told of it.

use redd_plan::facts::HostFacts;
use redd_plan::sample;
use redd_runtime::facts::os_release;

pub(crate) fn run(input: &[u8]) {
    let release = os_release::parse(input.to_vec());
    assert_eq!(release.contents, input);
    for field in [&release.id, &release.build_id, &release.variant_id, &release.version_id] {
        assert!(!field.as_ref().is_some_and(|field| field.is_empty() || field.chars().any(char::is_control)));
    }
    let host = HostFacts { os_release: release, ..sample::unified_host() };
    super::plan(&sample::boot(), &host, &sample::tree(), &sample::grants())
        .expect("nothing in an os-release prevents a start");
}

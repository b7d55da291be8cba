//! Where ranges are picked.

use std::hash::Hasher as _;

use redd_plan::facts::OwnUserNamespace;
use redd_spec::ids::{HostId, IdRange, RANGE_SIZE};
use redd_spec::name::MachineName;
use redd_spec::nesting::Nesting;
use siphasher::sip::SipHasher24;

/// How many candidates are tried.
pub(super) const ATTEMPTS: u32 = 100;
/// All ranges of containers in systemd's plan of ids.
const CONTAINERS: IdRange =
    IdRange { start: HostId(0x0008_0000), count: 0x6fff_0000 - 0x0008_0000 + RANGE_SIZE };
/// How many times 65536 ids a machine gets in which containers run: enough for fifteen, or for four levels of them.
const NESTING_BLOCKS: u32 = 16;
/// Key of the hash that a name's first candidate is made of.
const CANDIDATE_KEY: u128 = 0xe156_e0f0_4af0_41af_9641_cf41_3394_ff72;

/// The ids that machines get theirs from, as runs of whole blocks of 65536.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pool {
    runs: Vec<IdRange>,
    is_inner: bool,
}

impl Pool {
    /// A host keeps some ids for containers; in a container there are those it was given, but for its own first block.
    pub(crate) fn of(own: &OwnUserNamespace) -> Self {
        match own {
            OwnUserNamespace::First => Self { runs: vec![CONTAINERS], is_inner: false },
            OwnUserNamespace::Inner { ids } => {
                Self { runs: ids.iter().filter_map(|&ids| whole_blocks(ids)).collect(), is_inner: true }
            }
        }
    }

    /// How many ids a machine gets. In a container one for more containers gets half of what there is, so that each level
    /// has something to give.
    pub(crate) fn count(&self, nesting: Nesting) -> u32 {
        let longest = self.runs.iter().map(|run| run.count / RANGE_SIZE).max().unwrap_or(0);
        match nesting {
            Nesting::Off => RANGE_SIZE,
            Nesting::On if self.is_inner => longest.div_ceil(2).max(1) * RANGE_SIZE,
            Nesting::On => NESTING_BLOCKS * RANGE_SIZE,
        }
    }

    /// How many places there are for a range of this many ids.
    pub(crate) fn places(&self, count: u32) -> u32 {
        self.runs.iter().map(|&run| places_in(run, count)).sum()
    }

    /// Whether a range lies in it.
    pub(super) fn has(&self, start: u32, count: u32) -> bool {
        self.runs
            .iter()
            .any(|run| run.start.0 <= start && start - run.start.0 <= run.count - run.count.min(count))
            && self.places(count) > 0
    }

    /// The n-th candidate of a name: always the same ones, so that a machine usually gets the range it had.
    pub(super) fn candidate(&self, name: &MachineName, attempt: u32, count: u32) -> Option<u32> {
        let places = u64::from(self.places(count));
        let index = if places > u64::from(ATTEMPTS) {
            // As systemd's own manager computes it, whose machines of that name have the same range first.
            let size = u64::from(RANGE_SIZE);
            (hash(name, attempt) & u64::from(u32::MAX)) % ((places - 1) * size) / size
        } else {
            // Few places are tried one after the other, so that none is missed.
            hash(name, 0).checked_rem(places).map(|first| (first + u64::from(attempt)) % places)?
        };
        self.place(u32::try_from(index).ok()?, count)
    }

    fn place(&self, mut index: u32, count: u32) -> Option<u32> {
        for &run in &self.runs {
            let places = places_in(run, count);
            if index < places {
                return Some(run.start.0 + index * RANGE_SIZE);
            }
            index -= places;
        }
        None
    }
}

fn hash(name: &MachineName, attempt: u32) -> u64 {
    let mut hasher = SipHasher24::new_with_key(&CANDIDATE_KEY.to_be_bytes());
    hasher.write(name.as_str().as_bytes());
    if attempt > 0 {
        hasher.write_u32(attempt);
    }
    hasher.finish()
}

const fn places_in(run: IdRange, count: u32) -> u32 {
    match run.count.checked_sub(count) {
        Some(rest) => rest / RANGE_SIZE + 1,
        None => 0,
    }
}

/// The whole blocks in a range, without the first block of all, which is the container's own.
fn whole_blocks(ids: IdRange) -> Option<IdRange> {
    let start = ids.start.0.checked_next_multiple_of(RANGE_SIZE)?.max(RANGE_SIZE);
    let end = (ids.start.0 + ids.count) / RANGE_SIZE * RANGE_SIZE;
    (start < end).then(|| IdRange { start: HostId(start), count: end - start })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn inner(blocks: u32) -> Pool {
        let ids = vec![IdRange { start: HostId(0), count: blocks * RANGE_SIZE }];
        Pool::of(&OwnUserNamespace::Inner { ids })
    }

    #[test]
    fn candidates_are_whole_ranges_of_containers() {
        let (pool, name) = (Pool::of(&OwnUserNamespace::First), "debian".parse().unwrap());
        for count in [Nesting::Off, Nesting::On].map(|nesting| pool.count(nesting)) {
            for attempt in 0..100 {
                let start = pool.candidate(&name, attempt, count).unwrap();
                assert!(start.is_multiple_of(RANGE_SIZE) && start >= 0x0008_0000);
                assert!(start + (count - RANGE_SIZE) <= 0x6fff_0000);
            }
        }
        assert_ne!(pool.candidate(&name, 0, RANGE_SIZE), pool.candidate(&name, 1, RANGE_SIZE));
    }

    #[test]
    fn the_first_candidate_is_that_of_systemds_own_manager() {
        let pool = Pool::of(&OwnUserNamespace::First);
        assert_eq!(pool.candidate(&"tree".parse().unwrap(), 0, RANGE_SIZE), Some(417_136_640));
    }

    #[test]
    fn a_container_keeps_its_own_ids_and_halves_the_rest_at_each_level() {
        let name = "debian".parse().unwrap();
        let counts = [16, 8, 4, 2].map(|blocks| inner(blocks).count(Nesting::On) / RANGE_SIZE);
        assert_eq!(counts, [8, 4, 2, 1]);
        assert_eq!(inner(16).places(RANGE_SIZE), 15);
        let all: BTreeSet<_> =
            (0..15).map(|attempt| inner(16).candidate(&name, attempt, RANGE_SIZE)).collect();
        assert_eq!(all.len(), 15, "every place is tried");
        assert_eq!(inner(1).candidate(&name, 0, RANGE_SIZE), None);
        assert_eq!(inner(2).candidate(&name, 0, RANGE_SIZE), Some(RANGE_SIZE));
    }

    #[test]
    fn ids_that_make_no_whole_block_are_not_used() {
        let ids = vec![
            IdRange { start: HostId(0), count: RANGE_SIZE },
            IdRange { start: HostId(100_000), count: RANGE_SIZE },
            IdRange { start: HostId(3 * RANGE_SIZE), count: 2 * RANGE_SIZE },
        ];
        let pool = Pool::of(&OwnUserNamespace::Inner { ids });
        assert_eq!(pool.places(RANGE_SIZE), 2);
        assert!(pool.has(3 * RANGE_SIZE, 2 * RANGE_SIZE) && !pool.has(4 * RANGE_SIZE, 2 * RANGE_SIZE));
    }

    proptest! {
        #[test]
        fn a_candidate_is_always_in_the_pool(start: u32, length: u32, attempt: u32, nested: bool) {
            let ids = IdRange::new(HostId(start), length).into_iter().collect();
            let pool = Pool::of(&OwnUserNamespace::Inner { ids });
            let count = pool.count(nested.into());
            if let Some(candidate) = pool.candidate(&"x".parse().unwrap(), attempt, count) {
                prop_assert!(candidate >= RANGE_SIZE && candidate >= start && pool.has(candidate, count));
                prop_assert!(u64::from(candidate) + u64::from(count) <= u64::from(start) + u64::from(length));
            }
        }
    }
}

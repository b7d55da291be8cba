use super::*;

fn after(steps: &[(Step, &[Code])]) -> Result<Machine, String> {
    steps.iter().try_fold(Machine::default(), |machine, (step, codes)| machine.after(*step, codes))
}

const STARTED: (Step, &[Code]) = (Step::One(Verb::Start), &[Code::DONE]);

fn settled(steps: &[(Step, &[Code])]) -> Vec<Life> {
    after(steps).unwrap().settled().into_iter().collect()
}

#[test]
fn a_machine_goes_through_its_life() {
    let done = |verb| (Step::One(verb), &[Code::DONE][..]);
    let frozen = Life::Running(Motion::Frozen, Some(9));
    assert_eq!(settled(&[STARTED, done(Verb::Set(9)), done(Verb::Pause)]), [frozen]);
    let again = Life::Running(Motion::Going, Some(9));
    assert_eq!(settled(&[STARTED, done(Verb::Set(9)), done(Verb::Pause), done(Verb::Restart)]), [again]);
    assert_eq!(settled(&[STARTED, done(Verb::Pause), done(Verb::Stop)]), [Life::Stopped]);
    assert_eq!(
        settled(&[STARTED, done(Verb::Pause), done(Verb::Crash), done(Verb::Resume)]),
        [Life::Stopped]
    );
}

#[test]
fn an_ending_that_cannot_be_is_told() {
    assert!(after(&[STARTED, STARTED]).unwrap_err().contains("Start"));
    after(&[(Step::One(Verb::Stop), &[Code::DONE])]).unwrap_err();
    after(&[STARTED, (Step::One(Verb::Stop), &[Code::NOT_RUNNING])]).unwrap_err();
    after(&[STARTED, (Step::One(Verb::Pause), &[Code::CONFLICT])]).unwrap_err();
}

#[test]
fn what_was_killed_may_be_met_yet_and_is_gone_in_the_end() {
    let killed = (Step::One(Verb::Kill), &[Code::DONE][..]);
    assert_eq!(settled(&[STARTED, killed]), [Life::Stopped]);
    for code in [Code::DONE, Code::NOT_RUNNING] {
        assert_eq!(settled(&[STARTED, killed, (Step::One(Verb::Stop), &[code])]), [Life::Stopped]);
    }
    assert_eq!(settled(&[STARTED, killed, STARTED]), [Life::FRESH]);
}

#[test]
fn of_two_that_stop_at_least_one_has_done_it() {
    for codes in [[0, 0], [0, 3], [3, 0], [0, 6]] {
        let both = (Step::Two(Verb::Stop, Verb::Terminate), &codes.map(Code)[..]);
        assert_eq!(settled(&[STARTED, both]), [Life::Stopped], "{codes:?}");
    }
    for codes in [[3, 3], [6, 6], [6, 3]] {
        after(&[STARTED, (Step::Two(Verb::Stop, Verb::Terminate), &codes.map(Code))]).unwrap_err();
    }
}

#[test]
fn of_two_that_start_exactly_one_has_done_it() {
    let both = |codes: [i32; 2]| after(&[(Step::Two(Verb::Start, Verb::Start), &codes.map(Code))]);
    assert_eq!(both([0, 6]).unwrap().settled(), BTreeSet::from([Life::FRESH]));
    both([0, 0]).unwrap_err();
    both([6, 6]).unwrap_err();
}

#[test]
fn a_stop_that_meets_a_restart_has_its_way_or_is_overtaken() {
    let both = (Step::Two(Verb::Restart, Verb::Stop), &[Code::DONE, Code::DONE][..]);
    assert_eq!(settled(&[STARTED, both]), [Life::Stopped, Life::FRESH]);
    let failed = (Step::Two(Verb::Restart, Verb::Stop), &[Code::FAILED, Code::DONE][..]);
    assert_eq!(settled(&[STARTED, failed]), [Life::Stopped]);
}

#[test]
fn a_restart_that_was_cut_leaves_a_machine() {
    assert_eq!(settled(&[STARTED, (Step::Cut(Verb::Restart), &[])]), [Life::FRESH]);
    after(&[(Step::One(Verb::Restart), &[Code::DONE])]).unwrap_err();
}

#[test]
fn a_verb_that_was_cut_leaves_what_was_before_it_or_after_it() {
    assert_eq!(settled(&[STARTED, (Step::Cut(Verb::Stop), &[])]), [Life::Stopped, Life::FRESH]);
    let kept = [Life::FRESH, Life::Running(Motion::Going, Some(7))];
    assert_eq!(settled(&[STARTED, (Step::Cut(Verb::Set(7)), &[])]), kept);
}

#[test]
fn a_start_may_have_read_what_is_changed_at_that_moment() {
    let done = |verb| (Step::One(verb), &[Code::DONE][..]);
    let both = (Step::Two(Verb::Set(5), Verb::Start), &[Code::DONE, Code::DONE][..]);
    let running = |limit| Life::Running(Motion::Going, Some(limit));
    let steps = [STARTED, done(Verb::Set(9)), done(Verb::Stop), both];
    assert_eq!(settled(&steps), [running(5), running(9)]);
    assert_eq!(settled(&[&steps[..], &[done(Verb::Set(3))]].concat()), [running(3)]);
}

use rstest::rstest;

use super::*;

fn attribute(name: &'static str, value: &str, form: Form) -> Attribute {
    Attribute { name, value: value.to_owned(), form }
}

#[rstest]
#[case(Form::Bytes, "1000000", "999424\n", true)]
#[case(Form::Bytes, "1000000", "1000001\n", false)]
#[case(Form::Bytes, "1000000", "500000\n", false)]
#[case(Form::Bytes, "max", "max\n", true)]
#[case(Form::Bytes, "-1", "9223372036854771712\n", true)]
#[case(Form::Bytes, "-1", "4096\n", false)]
#[case(Form::Word, "150000 100000", "150000 100000\n", true)]
#[case(Form::Word, "5", "50\n", false)]
#[case(Form::Line, "default 5", "default 5\n8:0 7\n", true)]
#[case(Form::Line, "8:0 rbps=5", "8:0 rbps=5 wbps=max riops=max wiops=max\n", true)]
#[case(Form::Line, "8:0 rbps=5", "8:0 rbps=50 wbps=5\n", false)]
#[case(Form::Line, "8:0 rbps=max", "8:16 rbps=5\n", true)]
#[case(Form::Line, "8:0 0", "", true)]
#[case(Form::Line, "8:0 5", "", false)]
fn the_kernel_tells_what_it_took(
    #[case] form: Form,
    #[case] wanted: &str,
    #[case] text: &str,
    #[case] holds: bool,
) {
    assert_eq!(attribute("file", wanted, form).holds(text), holds);
}

#[rstest]
#[case(Form::Word, "1", "7\n", "7")]
#[case(Form::Line, "8:0 rbps=5", "8:0 rbps=1 wbps=2\n8:16 rbps=3\n", "8:0 rbps=1 wbps=2")]
#[case(Form::Line, "8:0 rbps=5", "", "8:0 rbps=max")]
#[case(Form::Line, "8:0 5", "8:16 3\n", "8:0 0")]
#[case(Form::Line, "default 5", "default 100\n", "default 100")]
fn what_was_there_can_be_written_back(
    #[case] form: Form,
    #[case] wanted: &str,
    #[case] text: &str,
    #[case] before: &str,
) {
    assert_eq!(attribute("file", wanted, form).before(text), before);
}

/// A directory stands for a cgroup: files are as they were written.
fn cgroup(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn setting(cgroup: &tempfile::TempDir, attribute: Attribute) -> File {
    File { option: "memory".to_owned(), cgroup: cgroup.path().to_owned(), attribute }
}

#[test]
fn where_one_limit_cannot_be_written_those_before_it_are_taken_back() {
    let cgroup = cgroup(&[("pids.max", "10\n"), ("memory.max", "max\n"), ("memory.current", "5000000\n")]);
    let settings = [
        setting(&cgroup, attribute("pids.max", "5", Form::Word)),
        setting(&cgroup, attribute("memory.max", "4096", Form::Bytes)),
    ];
    let before: Vec<Before> = settings.iter().map(|file| file.before().unwrap()).collect();
    let error = write_all(&settings, &before).unwrap_err().to_string();
    assert!(error.contains("5000000 bytes are used") && error.contains("max"), "{error}");
    assert_eq!(fs::read_to_string(cgroup.path().join("pids.max")).unwrap(), "10");
    assert_eq!(fs::read_to_string(cgroup.path().join("memory.max")).unwrap(), "max");
}

#[test]
fn a_file_that_the_kernel_does_not_have_is_named_before_anything_is_written() {
    let cgroup = cgroup(&[]);
    let error = setting(&cgroup, attribute("memory.swap.max", "0", Form::Bytes)).before().unwrap_err();
    assert!(error.to_string().contains("the host's kernel has no memory.swap.max"), "{error}");
}

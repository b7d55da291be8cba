use super::*;

const TABLE: Table<'_> = Table { family: Family::Inet, name: "redd" };

/// The messages of a batch: their kinds and numbers.
fn messages(bytes: &[u8]) -> Vec<(u16, u32)> {
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let length = u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let kind = u16::from_ne_bytes(bytes[at + 4..at + 6].try_into().unwrap());
        let number = u32::from_ne_bytes(bytes[at + 8..at + 12].try_into().unwrap());
        assert_eq!(length % 4, 0);
        found.push((kind, number));
        at += length;
    }
    assert_eq!(at, bytes.len());
    found
}

#[test]
fn a_batch_is_enclosed_and_its_changes_are_counted() {
    let mut batch = Batch::default();
    batch.add_table(TABLE);
    batch.add_chain(TABLE, "source", &Hook::Source);
    batch.add_rule(TABLE, "source", &Rule::any().from("10.0.0.0/8".parse().unwrap()).masquerade());
    assert_eq!(messages(&batch.bytes()), [(16, 0), (0xa00, 1), (0xa03, 2), (0xa06, 3), (17, 0)]);
    assert_eq!(batch.len(), 3);
}

#[test]
fn a_redirection_loads_address_and_port_before_it() {
    let rule = Rule::any().redirect("10.0.0.2".parse().unwrap(), 80);
    let names: Vec<&str> = rule.0.iter().flat_map(Expression::encode).map(|(name, _)| name).collect();
    assert_eq!(names, ["immediate", "immediate", "nat"]);
}

#[test]
fn a_links_name_is_compared_with_its_end() {
    assert_eq!(link_name("ve-a").len(), 16);
    let rule = Rule::any().out_at_any("ve-");
    assert!(rule.0.contains(&Expression::is(b"ve-".to_vec())));
}

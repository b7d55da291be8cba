//! The device filter of a machine that runs, as verbs have changed it.

use redd_plan::action::DevicePolicy;
use redd_plan::facts::DeviceFacts;
use redd_plan::planner::node_rule;
use redd_spec::devices::DeviceNode;
use redd_sys::Errno;

use super::brief::DeviceFilter;
use super::drive::Session;
use crate::StepError;
use crate::adopt::Presence;
use crate::facts::devices::device_facts;
use crate::host::cgroup::{change_device_rules, replace_device_program};

impl Session<'_> {
    /// Puts a filter in place that allows what the start did, and what was added since, without what was taken away.
    pub(super) fn filter_devices(&self) -> Result<(), StepError> {
        let rules = |presence| {
            let nodes: Vec<DeviceNode> = self.adopted.devices(presence).collect();
            let facts =
                device_facts(&nodes).map_err(|error| StepError::about(error.to_string())(Errno::NODEV))?;
            let rules = nodes.iter().zip(facts).filter_map(|(node, facts)| match facts {
                DeviceFacts::Node(number, _) => Some(node_rule(number, node.usage)),
                DeviceFacts::Absent | DeviceFacts::NoDevice => None,
            });
            Ok::<_, StepError>(rules.collect::<Vec<_>>())
        };
        let (added, removed) = (rules(Presence::Added)?, rules(Presence::Removed)?);
        let defaults = DevicePolicy::container_default().rules;
        let taken: Vec<_> = removed.into_iter().filter(|rule| !defaults.contains(rule)).collect();
        let brief = self.known.brief();
        let mut policy = brief.devices.clone();
        policy.rules.retain(|rule| !taken.contains(rule));
        policy.rules.extend(added);
        match &brief.device_filter {
            DeviceFilter::Program(path) => replace_device_program(path, &policy.compile()),
            DeviceFilter::Rules(path) => change_device_rules(path, &DevicePolicy { rules: taken }, &policy),
            DeviceFilter::Outside => {
                Err(StepError::about("the filter is that of the container redd runs in")(Errno::OPNOTSUPP))
            }
        }
    }
}

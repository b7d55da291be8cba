//! Which links the host's default routes go through.

use crate::facts::read_text;

/// Their names, in this process's network namespace.
#[must_use]
pub fn of_default_routes() -> Vec<String> {
    let text = |path: &str| read_text(path).ok().flatten().unwrap_or_default();
    let mut names = of_version_4(&text("/proc/net/route"));
    names.extend(of_version_6(&text("/proc/net/ipv6_route")));
    names.sort();
    names.dedup();
    names
}

/// Name, destination, gateway, flags, reference count, uses, metric, mask.
fn of_version_4(table: &str) -> Vec<String> {
    let name = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_default = fields.get(1) == Some(&"00000000") && fields.get(7) == Some(&"00000000");
        fields.first().filter(|_| is_default).map(|name| (*name).to_owned())
    };
    table.lines().filter_map(name).collect()
}

/// Destination and its prefix, source and its prefix, gateway, metric, reference count, uses, flags, name.
fn of_version_6(table: &str) -> Vec<String> {
    const EVERYTHING: &str = "00000000000000000000000000000000";
    let name = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_default = fields.first() == Some(&EVERYTHING) && fields.get(1) == Some(&"00");
        // What has no route is refused by one through `lo`.
        fields.get(9).filter(|name| is_default && **name != "lo").map(|name| (*name).to_owned())
    };
    table.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_default_routes_are_found_and_no_others() {
        let four = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                    eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                    eth1\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(of_version_4(four), ["eth0"]);
        let zero = "0".repeat(32);
        let six = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     wlan0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n\
             fe800000000000000000000000000000 40 {zero} 00 {zero} 00000100 00000001 00000000 00000001     eth1\n"
        );
        assert_eq!(of_version_6(&six), ["wlan0"]);
    }
}

//! What a machine's network is told: addresses, DHCP, router advertisements and names.
//!
//! Everything here is a function of what came and of what is known: packets are parsed and made, nothing is sent. What
//! comes from a payload is not trusted: whatever it says, memory stays bounded and nobody but itself is affected.
#![forbid(unsafe_code)]

pub mod address;
pub mod dhcp;
pub mod forward;
pub mod frame;
pub mod names;
pub mod nftables;
pub mod pool;
pub mod router;

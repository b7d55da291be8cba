//! Properties as values of D-Bus.

use std::net::IpAddr;

use redd_bus::Value;
use redd_spec::unit::{PropertyValue, UnitProperty};

/// As sockets count families.
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;

/// `(sv)`
pub(super) fn property(property: &UnitProperty) -> Value {
    pair(&property.name, value(&property.value))
}

/// `(sv)`
pub(super) fn pair(name: &str, value: Value) -> Value {
    Value::Struct(vec![Value::text(name), Value::Variant(Box::new(value))])
}

fn value(value: &PropertyValue) -> Value {
    match value {
        PropertyValue::Bool(value) => Value::Bool(*value),
        PropertyValue::I32(value) => Value::I32(*value),
        PropertyValue::U32(value) => Value::U32(*value),
        PropertyValue::U64(value) => Value::U64(*value),
        PropertyValue::Text(text) => Value::text(text),
        PropertyValue::Texts(texts) => {
            Value::Array("s", texts.iter().map(|text| Value::text(text)).collect())
        }
        PropertyValue::Bits(bits) => Value::Bytes(bits.clone()),
        PropertyValue::Pairs(pairs) => {
            let pair =
                |(one, other): &(String, String)| Value::Struct(vec![Value::text(one), Value::text(other)]);
            Value::Array("(ss)", pairs.iter().map(pair).collect())
        }
        PropertyValue::Amounts(amounts) => {
            let amount =
                |(path, amount): &(String, u64)| Value::Struct(vec![Value::text(path), Value::U64(*amount)]);
            Value::Array("(st)", amounts.iter().map(amount).collect())
        }
        PropertyValue::Networks(networks) => Value::Array("(iayu)", networks.iter().map(network).collect()),
    }
}

fn network((address, prefix): &(IpAddr, u32)) -> Value {
    let (family, bytes) = match address {
        IpAddr::V4(address) => (AF_INET, address.octets().to_vec()),
        IpAddr::V6(address) => (AF_INET6, address.octets().to_vec()),
    };
    Value::Struct(vec![Value::I32(family), Value::Bytes(bytes), Value::U32(*prefix)])
}

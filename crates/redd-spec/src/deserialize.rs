//! Values as they were written down before: each through its own constructor, so that what it promises holds for what is
//! read, too.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::address_family::AddressFamilySet;
use crate::bound_user::AccountName;
use crate::capability::CapabilitySet;
use crate::console::{Background, ExtraTerminals};
use crate::credential::CredentialName;
use crate::lifecycle::SignalNumber;
use crate::name::Hostname;
use crate::network::MacAddress;
use crate::parse;
use crate::path::PathInRoot;
use crate::payload::ManagerName;
use crate::resources::{CpuSet, OomScoreAdjust, Weight};
use crate::selinux::SelinuxContext;
use crate::text::{ByteString, unescape};

/// A value of a type that is written in a form, and made of it by a constructor.
macro_rules! deserialize {
    ($($type:ty, $form:ty, $construct:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let construct: fn($form) -> Option<Self> = $construct;
                let unfit = || D::Error::custom(concat!("this is no ", stringify!($type)));
                construct(<$form>::deserialize(deserializer)?).ok_or_else(unfit)
            }
        }
    )*};
}

deserialize! {
    AccountName, String, |text| Self::new(&text).ok();
    AddressFamilySet, Vec<String>, |names| {
        names.iter().try_fold(Self::default(), |set, name| Some(set.union(Self::named(name)?)))
    };
    Background, String, |text| Self::new(&text);
    ByteString, String, |text| Self::new(unescape(&text)?).ok();
    CapabilitySet, Vec<String>, |names| {
        names.iter().try_fold(Self::default(), |set, name| Some(set.union(Self::named(name)?)))
    };
    CpuSet, BTreeSet<u16>, Self::new;
    CredentialName, String, |text| Self::new(&text).ok();
    ExtraTerminals, u8, Self::new;
    Hostname, String, |text| text.parse().ok();
    MacAddress, String, |text| parse::mac_address(&text).ok();
    ManagerName, String, |text| Self::new(&text);
    OomScoreAdjust, i16, Self::new;
    PathInRoot, PathBuf, |path| Self::new(path).ok();
    SelinuxContext, String, |text| Self::new(&text);
    SignalNumber, i32, Self::new;
    Weight, u16, Self::new;
}

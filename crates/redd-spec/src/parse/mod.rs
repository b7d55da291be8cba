//! Option values as text.

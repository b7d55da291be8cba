//! Safe wrappers for kernel interfaces that rustix lacks.

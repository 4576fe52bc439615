//! Packages from registries: some of the tests' own, with packages that nobody should publish, and the real ones.

mod clients;
mod npm;
mod pypi;
mod server;
mod servers;
mod site;
mod whole;

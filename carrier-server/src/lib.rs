#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod catalog;
pub mod cli;
pub mod config;
pub mod server;

mod batch;
mod budget;
mod clients;
mod clock;
mod commands;
mod connection;
mod coordinator;
mod dialect;
mod gather;
mod glob;
mod info;
mod input;
mod intents;
mod layout;
mod listener;
mod loan;
mod machinery;
mod mesh;
mod multi;
mod parser;
mod password;
mod planted;
mod prefault;
mod reactor;
mod replier;
mod replies;
mod request;
mod resident;
mod router;
mod session;
mod settings;
mod shard_store;
mod shared;
mod sink;
mod slow_log;
mod socket;
mod stats;
mod stats_report;
mod transaction;
mod unfinished;
mod watches;
mod worker;

pub use password::Password;
pub use socket::Address;

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod catalog;
pub mod cli;
pub mod config;
pub mod server;

mod batch;
mod clients;
mod clock;
mod commands;
mod connection;
mod dialect;
mod gather;
mod glob;
mod info;
mod input;
mod layout;
mod listener;
mod mesh;
mod parser;
mod password;
mod reactor;
mod replier;
mod replies;
mod request;
mod router;
mod session;
mod settings;
mod shard_store;
mod shared;
mod sink;
mod socket;
mod stats;
mod unfinished;
mod worker;

pub use password::Password;
pub use socket::Address;

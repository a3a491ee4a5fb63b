//! The client against a scripted server, on the platform in memory.

mod authentication;
mod authorization_method;
mod backend;
mod batch;
mod callback;
mod content;
mod discovery;
mod export;
mod fhir;
mod identity;
mod launch;
mod matching;
mod pasted;
mod popup;
mod record;
mod refresh;
mod registration;
mod requests;
mod resolver;
mod retries;
mod server;
mod several;
mod sign_out;
mod user_info;
mod whole_record;

//! A message for every rejection, in the two languages of the four documents.
//!
//! A dialect puts the message into its error body, or a sentence of its own where its document has one.
//!
//! # Security
//! The rejection alone decides the message. It never repeats what the client sent, and never says what failed inside
//! the server.

mod english;
mod spanish;

pub use english::english;
pub use spanish::spanish;

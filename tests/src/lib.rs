//! What the tests of the client against the sandbox share.

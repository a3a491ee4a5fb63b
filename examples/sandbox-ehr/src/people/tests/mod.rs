//! Tests that the people are plausible: [`plausibility`] checks bodies and illnesses, [`codes`] the codes.

mod codes;
mod plausibility;

//! Whether the people are people: [`plausibility`] asks it of their bodies and illnesses, [`codes`] of the codes.

mod codes;
mod plausibility;

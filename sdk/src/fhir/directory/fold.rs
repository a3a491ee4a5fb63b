//! How texts are compared in a search: without case, accents and punctuation.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The words of a text in lower case, without accents and punctuation, separated by one space. `Saint` becomes `st`.
pub(super) fn fold(text: &str) -> String {
    let mut words = Words { text: String::with_capacity(text.len() + 1), start: 0 };
    for character in text.chars() {
        match character.is_ascii() {
            true => words.push(character),
            false => decompose_canonical(character, |part| words.push(part)),
        }
    }
    words.end_word();
    words.text.pop();
    words.text
}

struct Words {
    /// Each word is followed by a space.
    text: String,
    /// Where the current word starts.
    start: usize,
}

impl Words {
    fn push(&mut self, character: char) {
        match character {
            // The letters on both sides of an apostrophe are one word: St. Mary's.
            '\'' | '’' | '‘' => {}
            '&' => {
                self.end_word();
                self.text.push_str("and");
                self.end_word();
            }
            _ if character.is_alphanumeric() => self.text.extend(character.to_lowercase()),
            _ if !character.is_ascii() && is_combining_mark(character) => {}
            _ => self.end_word(),
        }
    }

    fn end_word(&mut self) {
        match self.text.get(self.start..) {
            None | Some("") => return,
            Some("saint" | "sainte") => {
                self.text.truncate(self.start);
                self.text.push_str("st");
            }
            Some(_) => {}
        }
        self.text.push(' ');
        self.start = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e8_case_accents_and_punctuation_do_not_matter() {
        for (text, folded) in [
            ("St. Mary's Hospital", "st marys hospital"),
            ("Saint Mary’s  HOSPITAL", "st marys hospital"),
            ("Hôpital Sainte-Élisabeth", "hopital st elisabeth"),
            ("Ear, Nose & Throat", "ear nose and throat"),
            ("Saintfield Clinic", "saintfield clinic"),
            ("fhir.example.org", "fhir example org"),
            ("--", ""),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }
}

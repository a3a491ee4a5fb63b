//! How texts are compared in a search: without case, accents and punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a text in lower case, without accents and punctuation, separated by one space. `Saint` becomes `st`.
pub(super) fn fold(text: &str) -> String {
    match text.is_ascii() {
        true => fold_characters(text.chars(), text.len()),
        false => fold_characters(text.nfkd().filter(|character| !is_combining_mark(*character)), text.len()),
    }
}

fn fold_characters(characters: impl Iterator<Item = char>, length: usize) -> String {
    let mut words = Words { text: String::with_capacity(length + 1), start: 0 };
    for character in characters {
        match character {
            // The letters on both sides of an apostrophe are one word: St. Mary's.
            '\'' | '’' | '‘' => {}
            '&' => {
                words.end_word();
                words.text.push_str("and");
                words.end_word();
            }
            _ if character.is_alphanumeric() => words.text.extend(character.to_lowercase()),
            _ => words.end_word(),
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
            ("ﬁrst ½", "first 1 2"),
            ("--", ""),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }
}

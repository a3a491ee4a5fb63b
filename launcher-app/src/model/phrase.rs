//! Phrases for people.

/// A leading word and a list with commas; `None` if the list is empty.
pub fn after(leading: &str, words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| format!("{leading} {}", words.join(", ")))
}

/// The phrase with a capital first letter.
pub fn capitalized(words: &str) -> String {
    // Only ASCII: the tables for all other letters are larger than the rest of this file.
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| std::iter::once(first.to_ascii_uppercase()).chain(letters).collect())
}

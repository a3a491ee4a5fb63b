//! Order by a number. One sort serves all lists, which keeps the program small.

/// The items in the order of their keys; those of one key stay in the order in which they came.
pub fn ordered<T>(items: Vec<T>, key: impl Fn(&T) -> i64) -> Vec<T> {
    let positions = positions(items.iter().map(key).collect());
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    positions.into_iter().filter_map(|position| items.get_mut(position)?.take()).collect()
}

fn positions(keys: Vec<i64>) -> Vec<usize> {
    let mut positions: Vec<(i64, usize)> = keys.into_iter().zip(0..).collect();
    positions.sort_unstable();
    positions.into_iter().map(|(_, position)| position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_one_key_stay_in_their_order() {
        let items = vec![(2, "c"), (-1, "a"), (2, "d"), (0, "b"), (2, "e")];
        let names: Vec<_> = ordered(items, |(key, _)| *key).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    }
}

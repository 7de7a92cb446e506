//! The complete list of rules, and what the name of one looks like.

use std::collections::BTreeSet;

/// Each family, the numbers in it, and how many they are.
const FAMILIES: [(&str, &[&str], usize); 20] = [
    ("S-6749", &["01-13", "20-26", "30-40", "50-56", "60-65"], 44),
    ("S-6750", &["01-07"], 7),
    ("S-7521", &["01-14"], 14),
    ("S-7523", &["01-06", "10-26"], 23),
    ("S-7523bis", &["01-10", "20"], 11),
    ("S-JOSE", &["01-09"], 9),
    ("S-8725", &["01-08", "10-11", "20-22", "30-32"], 16),
    ("S-9864", &["01"], 1),
    ("S-7515", &["01-07"], 7),
    ("S-7519", &["01", "10-16"], 8),
    ("S-7518", &["01-04", "10-14"], 9),
    ("S-FAPI", &["EC"], 1),
    ("S-8037", &["01"], 1),
    ("S-9964", &["01"], 1),
    ("S-7517", &["01-06"], 6),
    ("S-7638", &["01"], 1),
    ("S-8707", &["01-06"], 6),
    ("S-9068", &["01-08"], 8),
    ("S-8414", &["01-11"], 11),
    ("D", &["01-24"], 24),
];
/// 184 rules and 24 decisions.
const COUNT: usize = 208;

/// Every rule and decision, once.
pub(super) fn all() -> Vec<String> {
    let mut all = Vec::new();
    for (family, numbers, count) in FAMILIES {
        let before = all.len();
        for range in numbers {
            match range.split_once('-') {
                None => all.push(format!("{family}-{range}")),
                Some((first, last)) => {
                    let (first, last): (u8, u8) = (first.parse().unwrap(), last.parse().unwrap());
                    all.extend((first..=last).map(|number| format!("{family}-{number:02}")));
                }
            }
        }
        assert_eq!(all.len() - before, count, "{family}");
    }
    assert_eq!(all.len(), COUNT);
    all
}

/// The rules and decisions that a text names.
pub(super) fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| is_name(word)).map(str::to_owned).collect()
}

/// Whether it is a name such as `S-7523bis-01`, `S-JOSE-01`, `S-FAPI-EC` or `D-01`.
fn is_name(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let number = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    match parts[..] {
        ["D", last] => number(last),
        ["S", family, last] => family.len() >= 4 && (number(last) || last == "EC"),
        _ => false,
    }
}

#[test]
fn names_are_told_from_other_words() {
    let text = "S-7523bis-01, D-14 (S-FAPI-EC); S-7523-1 AS-6749-01 D-2 S-7523-14x UTF-16 S-7523-144 XD-01";
    assert_eq!(
        named(text).into_iter().collect::<Vec<_>>(),
        ["D-14", "S-7523bis-01", "S-FAPI-EC"]
    );
}

//! Outside text on its way to a person's eyes or into a token.

/// Text from outside made safe to show: no control characters (a terminal would obey them), no bidirectional controls
/// and no invisible characters (they make one name look like another), blanks folded, at most `limit` characters.
pub fn clean(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for character in text.chars().take(limit.saturating_mul(4)) {
        let blank = character.is_whitespace() || character.is_control();
        if is_invisible(character) || (blank && (shown.is_empty() || shown.ends_with(' '))) {
            continue;
        }
        if count == limit {
            shown.truncate(shown.trim_end().len());
            shown.push('…');
            return shown;
        }
        shown.push(if blank { ' ' } else { character });
        count += 1;
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// Bidirectional controls, joiners, variation selectors, tags and the like (Unicode Default_Ignorable_Code_Point and
/// Bidi_Control), private use and noncharacters.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_deceives_is_taken_out() {
        assert_eq!(clean("bank\u{202E}moc.live\u{202C}", 40), "bankmoc.live");
        assert_eq!(clean("a\u{1b}[2Jb\u{9b}c\r\nd", 40), "a [2Jb c d");
        assert_eq!(clean("  Партал \u{200B} паслуг\t", 40), "Партал паслуг");
        assert_eq!(clean("абвгд", 3), "абв…");
        assert_eq!(clean("", 3), "");
    }

    proptest! {
        #[test]
        fn shown_text_is_harmless(text in any::<String>(), limit in 0_usize..50) {
            let shown = clean(&text, limit);
            prop_assert!(shown.chars().count() <= limit + 1);
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(clean(&shown, limit + 1), shown);
        }
    }
}

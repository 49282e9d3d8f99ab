//! Characters that control the display or are invisible.

/// Whether a character moves the cursor, changes the direction of text, or is invisible.
///
/// Control characters (general category Cc: C0, DEL, C1), line and paragraph separators (Zl, Zp), the
/// bidirectional controls, and characters with the property `Default_Ignorable_Code_Point` (Unicode 16,
/// DerivedCoreProperties.txt): zero-width characters, variation selectors, fillers, tags. The ignorable ones
/// are also a security problem: .NET, which the runners of GitHub and Azure use, skips them when it searches
/// a line, so `##` and `vso[` with one in between are a command. Also the interlinear annotations (U+FFF9 to
/// U+FFFB) and the noncharacters (Unicode §23.7), which [`Seal`](super::Seal) uses.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    // Fast path for almost all characters.
    if (' '..='~').contains(&c) {
        return false;
    }
    let ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    let none_at_all = ('\u{fdd0}'..='\u{fdef}').contains(&c) || u32::from(c) & 0xfffe == 0xfffe;
    c.is_control() || ignorable || none_at_all
}

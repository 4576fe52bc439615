//! A Markdown page as the lines between fences and the blocks inside of them; its links and anchors.

/// A piece of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'p> {
    /// A line outside of blocks.
    Line(&'p str),
    /// A fenced block.
    Block {
        /// What stands after the opening fence.
        info: &'p str,
        /// The lines between the fences.
        lines: Vec<&'p str>,
    },
}

/// The pieces in order. A block that is never closed is an error.
pub(crate) fn pieces(page: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            pieces.push(Piece::Line(line));
            continue;
        };
        let mut inside = Vec::new();
        loop {
            match lines.next() {
                Some("```") => break,
                Some(line) => inside.push(line),
                None => return Err(format!("the block `{info}` is never closed")),
            }
        }
        pieces.push(Piece::Block { info, lines: inside });
    }
    Ok(pieces)
}

/// Where the links outside of blocks lead.
pub(crate) fn links(page: &str) -> Vec<String> {
    let lines = pieces(page).unwrap().into_iter().filter_map(|piece| match piece {
        Piece::Line(line) => Some(line),
        Piece::Block { .. } => None,
    });
    let targets = lines.flat_map(|line| line.split("](").skip(1));
    targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The anchors GitHub gives to headings: lower case, blanks to `-`, punctuation left out.
pub(crate) fn anchors(page: &str) -> Vec<String> {
    let pieces = pieces(page).unwrap_or_default();
    let headings = pieces.into_iter().filter_map(|piece| match piece {
        Piece::Line(line) if line.starts_with('#') => Some(line.trim_start_matches('#').trim().to_lowercase()),
        _ => None,
    });
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    headings.map(|heading| heading.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()).collect()
}

/// The first lines that differ, with what stands there and what should.
pub(crate) fn difference(stored: &str, wanted: &str) -> String {
    let (stored, wanted): (Vec<_>, Vec<_>) = (stored.lines().collect(), wanted.lines().collect());
    let same = stored.iter().zip(&wanted).take_while(|(left, right)| left == right).count();
    let shown = |sign: &str, lines: &[&str]| {
        let lines = lines.iter().skip(same).take(12);
        lines.flat_map(|line| [sign, line, "\n"]).collect::<String>()
    };
    format!("@@ line {} @@\n{}{}", same + 1, shown("-", &stored), shown("+", &wanted))
}

#[test]
fn pages_come_apart() {
    let page = "# A `b` c!\n```yaml x.yaml\nname: a\n```\nsee [x](y.md#z), [q](#a-b-c)\n";
    let block = Piece::Block { info: "yaml x.yaml", lines: vec!["name: a"] };
    let expected = vec![Piece::Line("# A `b` c!"), block, Piece::Line("see [x](y.md#z), [q](#a-b-c)")];
    assert_eq!(pieces(page), Ok(expected));
    assert_eq!(links(page), ["y.md#z", "#a-b-c"]);
    assert_eq!(anchors(page), ["a-b-c"]);
    assert!(pieces("```sh\nx\n").is_err());
}

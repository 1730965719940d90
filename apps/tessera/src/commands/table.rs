//! Tables: rows under a head, in columns. On a terminal they fit its width.

use console::{Term, measure_text_width, truncate_str};

/// A column is not made narrower than this.
const NARROWEST: usize = 8;

/// What is between two columns.
const GAP: &str = "  ";

/// Rows under a head, in columns two spaces apart. Where standard output is a terminal, the widest columns are cut until a
/// row fits into a line; in a file and for other programs nothing is cut.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    // `None` where it is no terminal.
    let width = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    table_of(head, rows, width.filter(|_| Term::stdout().is_term()))
}

fn table_of<const N: usize>(head: [&str; N], rows: &[[String; N]], width: Option<usize>) -> String {
    let head = head.map(str::to_owned);
    let lines = || std::iter::once(&head).chain(rows);
    let widest = |i: usize| lines().map(|row| measure_text_width(&row[i])).max().unwrap_or(0);
    let mut widths: [usize; N] = std::array::from_fn(widest);
    if let Some(width) = width {
        narrow(&mut widths, width);
    }
    let texts = lines().map(|row| line(row, &widths));
    texts.collect::<Vec<_>>().join("\n")
}

/// Takes from the widest column, one by one, until all fit.
fn narrow(widths: &mut [usize], width: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

fn line<const N: usize>(row: &[String; N], widths: &[usize; N]) -> String {
    let cell = |(cell, width): (&String, &usize)| {
        let cut = truncate_str(cell, *width, "…").into_owned();
        let blank = " ".repeat(width.saturating_sub(measure_text_width(&cut)));
        cut + &blank
    };
    let cells: Vec<_> = row.iter().zip(widths).map(cell).collect();
    cells.join(GAP).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(a: &str, b: &str) -> [String; 2] {
        [a.to_owned(), b.to_owned()]
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(
            table_of(["id", "label"], &[row("1", "ñandú"), row("1000", "")], None),
            "id    label\n1     ñandú\n1000"
        );
    }

    #[test]
    fn a_character_of_two_columns_counts_twice() {
        assert_eq!(
            table_of(["a", "b"], &[row("漢字", "x"), row("kanji", "y")], None),
            "a      b\n漢字   x\nkanji  y"
        );
    }

    #[test]
    fn on_a_terminal_the_widest_column_is_cut_and_says_so() {
        let rows = [row("7", "a label that is far too long for this line")];
        let cut = table_of(["id", "label"], &rows, Some(20));
        assert_eq!(cut, "id  label\n7   a label that is…");
        assert!(cut.lines().all(|line| measure_text_width(line) <= 20), "{cut}");
    }

    #[test]
    fn no_column_is_cut_to_nothing() {
        let rows = [row("0123456789", "0123456789")];
        assert_eq!(table_of(["a", "b"], &rows, Some(1)), "a         b\n0123456…  0123456…");
    }
}

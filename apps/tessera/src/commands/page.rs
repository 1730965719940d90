//! Pages of lists.

use clap::Args;

/// How long a page is.
#[derive(Debug, Args)]
pub struct Limit {
    /// The most rows to list.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Limit {
    /// One more than is shown: it says whether there is a next page.
    pub fn and_one(&self) -> u32 {
        self.limit + 1
    }

    /// Of what was read with [`and_one`](Self::and_one), what is shown, and whether there is more.
    pub fn page<T>(&self, mut rows: Vec<T>) -> (Vec<T>, bool) {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        (rows, more)
    }
}

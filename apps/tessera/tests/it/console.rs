//! The console, as a browser sees it: pages, forms, cookies.

/// What a page shows and what an act leaves behind is a law of each database; it gets the URL of an empty one. Here on SQLite, and
/// in the test program `databases` on PostgreSQL.
macro_rules! laws {
    ($($law:ident)*) => {
        #[allow(dead_code, reason = "used by the other test program")]
        pub const LAWS: &[(&str, fn(&str))] = &[$((stringify!($law), $law)),*];

        #[cfg(test)]
        mod on_sqlite {
            use crate::support::with_file;

            $(#[test]
            fn $law() {
                with_file(super::$law);
            })*
        }
    };
}

pub mod acts;
mod addresses;
pub mod me;
pub mod pages;
pub mod partners;
pub mod roles;
mod sessions;
mod sign_in;

/// Every page and every act.
#[allow(dead_code, reason = "used by the other test program")]
pub fn laws() -> impl Iterator<Item = (&'static str, fn(&str))> {
    [acts::LAWS, me::LAWS, pages::LAWS, partners::LAWS, roles::LAWS]
        .into_iter()
        .flatten()
        .copied()
}

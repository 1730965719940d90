//! The console, as a browser sees it: pages, forms, cookies.

mod acts;
mod addresses;
mod pages;
mod partners;
mod roles;
mod sessions;
mod sign_in;

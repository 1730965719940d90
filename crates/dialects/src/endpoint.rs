//! The method and path of an endpoint, as data.

/// One endpoint of a dialect: its method, and what follows the path at which the dialect is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The one method it answers, in upper case; any other is
    /// [`RequestRejection::MethodNotAllowed`](crate::RequestRejection::MethodNotAllowed).
    pub method: &'static str,
    /// What is added to the mount path: empty, or `/` and more, such as `/create`.
    pub suffix: &'static str,
}

impl Endpoint {
    /// An endpoint that answers `POST`.
    #[must_use]
    pub const fn post(suffix: &'static str) -> Self {
        Self { method: "POST", suffix }
    }

    /// The whole path under a mount path. A slash at the end of the mount path makes no difference.
    #[must_use]
    pub fn path(&self, mounted_at: &str) -> String {
        match (mounted_at.trim_end_matches('/'), self.suffix) {
            ("", "") => "/".to_owned(),
            (base, suffix) => format!("{base}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_mount_path_makes_no_difference() {
        let create = Endpoint::post("/create");
        assert_eq!(create.path("/api/tokens"), "/api/tokens/create");
        assert_eq!(create.path("/api/tokens/"), "/api/tokens/create");
        assert_eq!(create.path("/"), "/create");
        assert_eq!(create.path(""), "/create");
        assert_eq!(Endpoint::post("").path("/x/"), "/x");
        assert_eq!(Endpoint::post("").path(""), "/");
    }
}
